import { createHash } from "node:crypto";
import { digestBytes, digestKey, type Digest, type DigestFunction } from "@causeway/bridge/digest";
import { encodeAction, encodeActionResult, encodeCommand } from "@causeway/bridge/formats";
import { connect } from "@causeway/bridge/grpc";
import { Code, StatusError } from "@causeway/bridge/status";
import { seededRandom } from "../seeded-random.ts";
import { createCasClient, type CasClient } from "./cas-client.ts";

/** What a server has promised to keep. Contents are made again from their names: nothing but these is held in memory. */
export interface Promises {
  /** By {@link digestKey}: acknowledged blobs, and their names. */
  readonly blobs: Map<string, { readonly digest: Digest; readonly name: BlobName }>;
  /** Acknowledged results by the key of their action. */
  readonly results: Map<string, { readonly action: Digest; readonly result: Uint8Array; readonly output: Digest }>;
  /** Blobs that were on their way and may be there or not, but not otherwise than whole. */
  readonly begun: Map<string, Digest>;
}

export interface BlobName {
  readonly text: string;
  readonly sizeBytes: number;
}

export const createPromises = (): Promises => ({ blobs: new Map(), results: new Map(), begun: new Map() });

/** The contents of a blob: the same for the same name, unlike any other, half of them easily compressed. */
export function contentsOf({ text, sizeBytes }: BlobName): Buffer {
  const dense = createHash("shake256", { outputLength: Math.max(1, sizeBytes >> 1) })
    .update(text)
    .digest();
  return Buffer.concat([dense, Buffer.alloc(sizeBytes, "causeway ")]).subarray(0, sizeBytes);
}

const FUNCTIONS: readonly DigestFunction[] = ["sha256", "blake3"];
/** What a batch takes together. */
const BATCH_BYTES_MAX = 3_000_000;
/** So that a server that hangs fails the test. */
const CALL_MS = 30_000;

export interface LoadOptions {
  readonly grpc: string;
  readonly seed: number;
  readonly clients: number;
  readonly promises: Promises;
  /** Whether the server is to be there no more. */
  readonly isOver: () => boolean;
}

/** How many operations of each kind were acknowledged. */
export type LoadCounts = Record<"batches" | "streams" | "results" | "reads", number>;

/**
 * Clients that write and read until the server is gone.
 *
 * @throws Error if a read is wrong, or a call fails while the server is still to be there.
 */
export async function runMixedLoad(options: LoadOptions): Promise<LoadCounts> {
  const counts: LoadCounts = { batches: 0, streams: 0, results: 0, reads: 0 };
  await Promise.all(Array.from({ length: options.clients }, (_, n) => runClient(options, n, counts)));
  return counts;
}

async function runClient({ grpc, seed, promises, isOver }: LoadOptions, n: number, counts: LoadCounts): Promise<void> {
  const random = seededRandom(seed * 1000 + n);
  await using channel = await connect(grpc, { deadlineMs: CALL_MS });
  const client = createCasClient(channel);
  let made = 0;
  const nameOf = (sizeBytes: number): BlobName => ({ text: `${seed}/${n}/${made++}`, sizeBytes });
  const work: Record<keyof LoadCounts, (fn: DigestFunction) => Promise<void>> = {
    batches: (fn) => putSome(client, promises, fn, smallNames(random, nameOf)),
    async streams(fn) {
      const name = nameOf(Math.floor(random() ** 3 * 6_000_000));
      const contents = contentsOf(name);
      const digest = digestBytes(fn, contents);
      promises.begun.set(digestKey(digest), digest);
      await client.putStream(fn, contents, random() < 0.3 ? "zstd" : "identity");
      promises.blobs.set(digestKey(digest), { digest, name });
    },
    results: (fn) => putResult(client, promises, fn, nameOf(Math.floor(random() * 10_000))),
    async reads() {
      const known = [...promises.blobs.values()].slice(-500);
      const chosen = known[Math.floor(random() * known.length)];
      if (chosen === undefined) return;
      const isStreamed = random() < 0.5 || chosen.digest.sizeBytes > BATCH_BYTES_MAX;
      const got = await (isStreamed ? client.getStream(chosen.digest) : one(client.getBatch([chosen.digest])));
      expectContents(chosen.digest, got);
    },
  };
  const kinds: readonly (keyof LoadCounts)[] = ["batches", "batches", "streams", "streams", "results", "reads"];
  while (!isOver()) {
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    try {
      await work[kind](FUNCTIONS[Math.floor(random() * 2)]!);
      counts[kind]++;
    } catch (error) {
      // What a call says whose server is gone; anything else is wrong even then.
      const isGone = error instanceof StatusError && error.code === Code.Unavailable;
      if (!isGone || !isOver()) throw error;
      return;
    }
  }
}

const one = async (answers: Promise<(Uint8Array | undefined)[]>): Promise<Uint8Array | undefined> => (await answers)[0];

function smallNames(random: () => number, nameOf: (sizeBytes: number) => BlobName): BlobName[] {
  const names: BlobName[] = [];
  let bytes = 0;
  for (let left = 1 + Math.floor(random() * 150); left > 0 && bytes < BATCH_BYTES_MAX - 300_000; left--) {
    const name = nameOf(Math.floor(random() < 0.02 ? random() * 300_000 : random() ** 4 * 20_000));
    bytes += name.sizeBytes;
    names.push(name);
  }
  return names;
}

async function putSome(
  client: CasClient,
  promises: Promises,
  fn: DigestFunction,
  names: readonly BlobName[],
): Promise<void> {
  const contents = names.map(contentsOf);
  for (const each of contents) {
    const digest = digestBytes(fn, each);
    promises.begun.set(digestKey(digest), digest);
  }
  const digests = await client.putBatch(fn, contents);
  for (const [i, digest] of digests.entries()) promises.blobs.set(digestKey(digest), { digest, name: names[i]! });
}

async function putResult(client: CasClient, promises: Promises, fn: DigestFunction, name: BlobName): Promise<void> {
  const text = (value: string) => value as never;
  const command = encodeCommand({
    arguments: ["true", name.text].map(text),
    environment: new Map(),
    outputPaths: ["out"].map(text),
  });
  const input = new Uint8Array();
  const action = encodeAction({ commandDigest: digestBytes(fn, command), inputRootDigest: digestBytes(fn, input) });
  const [, actionDigest, output] = (await client.putBatch(fn, [command, action, contentsOf(name), input])) as [
    Digest,
    Digest,
    Digest,
  ];
  promises.blobs.set(digestKey(output), { digest: output, name });
  const result = encodeActionResult({
    outputFiles: [{ path: text("out"), digest: output, isExecutable: false }],
    outputDirectories: [],
    outputSymlinks: [],
    exitCode: 0,
  });
  await client.putResult(actionDigest, result);
  promises.results.set(digestKey(actionDigest), { action: actionDigest, result, output });
}

/** @throws Error unless these bytes are what the digest names. */
export function expectContents(digest: Digest, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) throw new Error(`${digestKey(digest)} was acknowledged and is not there`);
  const found = digestBytes(digest.fn, bytes);
  if (digestKey(found) !== digestKey(digest)) throw new Error(`${digestKey(digest)} was served as ${digestKey(found)}`);
}
