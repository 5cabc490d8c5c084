import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startBazelRemote } from "../../interop/bazel-remote/start-bazel-remote.ts";
import { buildbarnFolder, startBuildbarn } from "../../interop/buildbarn/start-buildbarn.ts";
import { goPrograms } from "../../interop/peers/go-program.ts";
import { createServerHome } from "../../serve/start-server.ts";

/** A server that is measured. */
export interface MeasuredServer extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  /** All its processes, whose memory is added up. */
  readonly pids: readonly number[];
  readonly digests: readonly string[];
  readonly executes: boolean;
}

/** A server by name. */
export type StartServer = (directory: string) => Promise<MeasuredServer>;

/** Ours first, then those that can be had here. @throws Error if bazel-remote cannot be had. */
export function measuredServers(): Record<string, StartServer> {
  const folder = buildbarnFolder();
  const servers: Record<string, StartServer> = { causeway: startOurs, "bazel-remote": startTheirs };
  if (folder !== undefined) servers["Buildbarn"] = (directory) => startBarn(folder, directory);
  return servers;
}

async function startOurs(): Promise<MeasuredServer> {
  const home = await createServerHome();
  try {
    const { grpc, pid } = await home.start().ready();
    return {
      name: "causeway",
      address: new URL(grpc).host,
      pids: [pid],
      digests: ["sha256", "blake3"],
      executes: true,
      [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
    };
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

async function startTheirs(directory: string): Promise<MeasuredServer> {
  const programs = await goPrograms();
  const peer = await startBazelRemote(programs, join(directory, "data"), ["--storage_mode=uncompressed"]);
  return {
    name: "bazel-remote",
    address: new URL(peer.grpc).host,
    pids: [peer.pid],
    digests: ["sha256"],
    executes: false,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

async function startBarn(folder: string, directory: string): Promise<MeasuredServer> {
  const state = join(directory, "buildbarn");
  await mkdir(state);
  const barn = await startBuildbarn({ folder, directory: state });
  return {
    name: "Buildbarn",
    address: new URL(barn.storage).host,
    pids: barn.pids,
    digests: ["sha256", "blake3"],
    executes: true,
    [Symbol.asyncDispose]: () => barn[Symbol.asyncDispose](),
  };
}
