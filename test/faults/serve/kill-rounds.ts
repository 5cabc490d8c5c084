import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { digestKey, type Digest } from "@causeway/bridge/digest";
import { connect } from "@causeway/bridge/grpc";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { seededRandom } from "../seeded-random.ts";
import { createCasClient, type CasClient } from "./cas-client.ts";
import { createPromises, expectContents, runMixedLoad, type LoadCounts, type Promises } from "./mixed-load.ts";

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  /** After so many rounds a new state is begun, for it grows with every round. */
  readonly roundsPerState: number;
}

/** What was seen over all rounds. */
export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: LoadCounts;
  /** From the start of the program on a state that was killed, to the line that says that it serves. */
  readonly restartMs: number[];
  readonly blobsChecked: number;
}

const CLIENTS = 6;
/** The load is killed within this time from its start. */
const LOAD_MS_MAX = 900;
/** Of what earlier rounds had checked, so much is read again in each; everything is, at the end of a state. */
const OLD_BLOBS_CHECKED = 300;
const BATCH_BYTES = 3_000_000;

/**
 * Starts a server, loads it, kills it with SIGKILL at a random moment, starts it again, and looks whether all that it had acknowledged is there.
 *
 * @throws Error for what is not.
 */
export async function killRounds({ rounds, seed, roundsPerState }: KillOptions): Promise<KillReport> {
  const random = seededRandom(seed);
  const report = {
    rounds,
    acknowledged: { batches: 0, streams: 0, results: 0, reads: 0 },
    restartMs: [] as number[],
    blobsChecked: 0,
  };
  for (let first = 0; first < rounds; first += roundsPerState) {
    await using home = await createServerHome();
    // Below a closed directory sandboxes get names in a place that is open, and who is killed leaves those behind.
    await chmod(home.directory, 0o711);
    const promises = createPromises();
    for (let round = first; round < Math.min(rounds, first + roundsPerState); round++) {
      const before = new Set(promises.blobs.keys());
      const counts = await killUnderLoad(home, promises, seed * 10_000 + round, random() * LOAD_MS_MAX);
      for (const kind of Object.keys(counts) as (keyof LoadCounts)[]) report.acknowledged[kind] += counts[kind];
      const startedMs = performance.now();
      const server = home.start();
      const { grpc } = await server.ready();
      report.restartMs.push(Math.round(performance.now() - startedMs));
      const old = [...before].filter(() => random() < OLD_BLOBS_CHECKED / before.size);
      const fresh = [...promises.blobs.keys()].filter((key) => !before.has(key));
      report.blobsChecked += await expectKept(grpc, promises, [...old, ...fresh]);
      await expectNothingLeft(home.state);
      server.signal("SIGTERM");
      await server.ended();
    }
    const server = home.start();
    report.blobsChecked += await expectKept((await server.ready()).grpc, promises, [...promises.blobs.keys()]);
    server.signal("SIGTERM");
    await server.ended();
    const verified = await home.run(["store", "verify", "--contents", "--state", home.state]);
    if (verified.exit !== 0) throw new Error(`store verify: ${verified.stdout}${verified.stderr}`);
    await rm(home.state, { recursive: true });
  }
  return report;
}

async function killUnderLoad(home: ServerHome, promises: Promises, seed: number, afterMs: number): Promise<LoadCounts> {
  const server = home.start();
  const { grpc } = await server.ready();
  let isOver = false;
  const loaded = runMixedLoad({ grpc, seed, clients: CLIENTS, promises, isOver: () => isOver });
  const killed = new Promise<void>((resolve) => {
    setTimeout(() => {
      isOver = true;
      server.signal("SIGKILL");
      resolve();
    }, afterMs);
  });
  const [counts] = await Promise.all([loaded, killed]);
  const { exit } = await server.ended();
  if (exit !== "SIGKILL") throw new Error(`the server ended by itself: ${exit}`);
  return counts;
}

/** @returns how many blobs were read. */
async function expectKept(grpc: string, promises: Promises, keys: readonly string[]): Promise<number> {
  await using channel = await connect(grpc);
  const client = createCasClient(channel);
  const digests = keys.map((key) => promises.blobs.get(key)!.digest);
  for (const { action, result, output } of promises.results.values()) {
    const kept = await client.getResult(action);
    if (kept === undefined || !Buffer.from(kept).equals(result))
      throw new Error(
        `the result of ${digestKey(action)} was acknowledged, and is ${kept === undefined ? "gone" : "another"}`,
      );
    digests.push(output);
  }
  await readAll(client, digests, expectContents);
  // What was on its way is there as a whole or not at all: a read of it never gives anything else.
  const begun = [...promises.begun.values()];
  await readAll(client, begun, (digest, bytes) => {
    if (bytes !== undefined) expectContents(digest, bytes);
  });
  promises.begun.clear();
  return digests.length;
}

async function readAll(
  client: CasClient,
  digests: readonly Digest[],
  look: (digest: Digest, bytes: Uint8Array | undefined) => void,
): Promise<void> {
  for (const fn of ["sha256", "blake3"] as const) {
    let batch: Digest[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const contents = batch.length === 0 ? [] : await client.getBatch(batch);
      for (const [i, digest] of batch.entries()) look(digest, contents[i]);
      [batch, bytes] = [[], 0];
    };
    for (const digest of digests.filter((each) => each.fn === fn)) {
      if (digest.sizeBytes > BATCH_BYTES / 2) {
        look(digest, await client.getStream(digest));
        continue;
      }
      if (bytes + digest.sizeBytes > BATCH_BYTES) await flush();
      batch.push(digest);
      bytes += digest.sizeBytes;
    }
    await flush();
  }
}

/** Directories in which writes are prepared: whoever starts on a state clears what a killed one left. */
async function expectNothingLeft(state: string): Promise<void> {
  const left = await readdir(join(state, "tmp")).catch(() => []);
  if (left.length > 0) throw new Error(`left in the state: ${left.join(", ")}`);
}
