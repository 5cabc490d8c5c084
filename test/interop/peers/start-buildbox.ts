import { join } from "node:path";
import { tmpdir } from "node:os";
import type { DebianRoot } from "./debian-root.ts";
import { freePorts, startPeer, type Peer } from "./start-peer.ts";

/** A BuildBox that runs: CAS, action cache and execution in one process. */
export interface BuildBox extends AsyncDisposable {
  readonly url: string;
  readonly peer: Peer;
}

/**
 * Starts `buildbox-casd` with bubblewrap.
 *
 * @param directory - Empty, below the machine's temporary directory: for its state.
 */
export async function startBuildBox(root: DebianRoot, directory: string): Promise<BuildBox> {
  const [port = 0] = await freePorts(1);
  const words = [
    "buildbox-casd",
    `--bind=127.0.0.1:${port}`,
    "--buildbox-run=/usr/bin/buildbox-run-bubblewrap",
    "--jobs=4",
    "--cache-failures=false",
    "--log-level=warning",
    join(directory, "cache"),
  ];
  const command = root.command(words, [tmpdir()], "/");
  const peer = await startPeer({ command, port, logFile: join(directory, "casd.log") });
  return {
    url: `grpc://127.0.0.1:${port}`,
    peer,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
