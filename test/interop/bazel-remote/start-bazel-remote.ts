import { join } from "node:path";
import { freePorts, startPeer, type Peer } from "../peers/start-peer.ts";

/** bazel-remote that runs. */
export interface BazelRemote extends Peer {
  readonly grpc: string;
  readonly http: string;
}

/** @param folder - With the program. @param directory - For its data; empty or its own. @param words - More options. */
export async function startBazelRemote(
  folder: string,
  directory: string,
  words: readonly string[] = [],
): Promise<BazelRemote> {
  const [grpcPort = 0, httpPort = 0] = await freePorts(2);
  const peer = await startPeer({
    command: [
      join(folder, "bazel-remote"),
      `--dir=${directory}`,
      "--max_size=8",
      `--grpc_address=127.0.0.1:${grpcPort}`,
      `--http_address=127.0.0.1:${httpPort}`,
      ...words,
    ],
    port: grpcPort,
    logFile: `${directory}.log`,
  });
  return { ...peer, grpc: `grpc://127.0.0.1:${grpcPort}`, http: `http://127.0.0.1:${httpPort}` };
}
