import { type Digest, digestKey } from "@causeway/bridge/digest";
import { type Directory, decodeReapiDirectory } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import { decoded } from "../action/decoded.js";
import { MESSAGE_BYTES_MAX } from "../limits.js";
import { createRecentDirectories, type RecentDirectories } from "./recent-directories.js";

/** Messages of one round trip: bounds what `readMany` holds at once. */
const BATCH_BYTES = 4 * 2 ** 20;
const BATCH_COUNT = 1024;

/** Cuts a list of blobs into batches for `readMany`. */
export function* batches<T>(items: readonly T[], sizeOf: (item: T) => number): Generator<T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    if (batch.length > 0 && (bytes + sizeOf(item) > BATCH_BYTES || batch.length >= BATCH_COUNT)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += sizeOf(item);
  }
  if (batch.length > 0) yield batch;
}

/** By store: what one has, another may lack. */
const recent = new WeakMap<Store, RecentDirectories>();

/**
 * Reads `Directory` messages, in the order of the request; `undefined` where one is absent.
 *
 * @throws StatusError InvalidArgument if one is malformed.
 */
export async function readDirectories(store: Store, digests: readonly Digest[]): Promise<(Directory | undefined)[]> {
  const known = recent.get(store) ?? createRecentDirectories();
  recent.set(store, known);
  const found = digests.map((digest) => known.get(digest));
  const wanted = digests.flatMap((digest, i) => (found[i] === undefined ? [{ digest, i }] : []));
  for (const batch of batches(wanted, ({ digest }) => digest.sizeBytes)) {
    const large = batch.find(({ digest }) => digest.sizeBytes > MESSAGE_BYTES_MAX);
    if (large !== undefined)
      throw new StatusError(Code.InvalidArgument, `directory ${digestKey(large.digest)} is too large`);
    const messages = await store.blobs.readMany(batch.map(({ digest }) => digest));
    for (const [at, bytes] of messages.entries()) {
      const { digest, i } = batch[at]!;
      if (bytes === undefined) continue;
      const directory = decoded(`Directory ${digest.hash}`, () => decodeReapiDirectory(bytes, digest.fn));
      known.put(digest, directory);
      found[i] = directory;
    }
  }
  return found;
}
