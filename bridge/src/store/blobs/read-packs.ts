import fs from "node:fs";
import type { StoredBlob } from "./blob-index.js";
import { diskError, isAbsent } from "./disk-error.js";
import type { FileHandle } from "./open-files.js";
import type { Packs } from "./open-packs.js";
import { readAt } from "./positional-io.js";

/** Neighbours in a pack: those that `order` names from `from` up to `to`. */
interface Run {
  readonly pack: number;
  readonly start: number;
  readonly from: number;
  end: number;
  to: number;
}

/** Blobs this close to each other are read together: reading the gap costs less than another call. */
const GAP_BYTES_MAX = 4 * 1024;

/** The longest read: what a caller that keeps one small blob of it keeps in memory. */
const RUN_BYTES_MAX = 1024 * 1024;

/** Reads of files and packs under way at once: more do not help the four threads that do them. */
const READS_MAX = 8;

/** {@link BlobContents.readSmall} on disk. */
export async function readSmallFromPacks(
  packs: Packs,
  pathOf: (blake3: string) => string,
  blobs: readonly StoredBlob[],
): Promise<(Uint8Array | undefined)[]> {
  const result: (Uint8Array | undefined)[] = new Array<undefined>(blobs.length).fill(undefined);
  const jobs: (() => Promise<void>)[] = [];
  for (const [at, { place, info }] of blobs.entries())
    if (place.kind === "file")
      jobs.push(async () => {
        result[at] = await readWholeFile(pathOf(info.blake3), info.sizeBytes);
      });
  const order = inDiskOrder(blobs);
  const runs = runsOf(blobs, order);
  for (const run of runs) jobs.push(() => readRun(packs, run, blobs, order, result));
  const handles = holdAll(packs, new Set(runs.map(({ pack }) => pack)));
  try {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) await job();
    };
    await Promise.all(Array.from({ length: Math.min(READS_MAX, jobs.length) }, work));
  } finally {
    for (const handle of handles) handle.release();
  }
  return result;
}

/** Holds the packs that are there. */
function holdAll(packs: Packs, numbers: ReadonlySet<number>): FileHandle[] {
  return [...numbers].flatMap((pack) => {
    try {
      return [packs.acquire(pack)];
    } catch (error) {
      if (isAbsent(error)) return [];
      throw diskError(error, `cannot open pack ${String(pack)}`);
    }
  });
}

/** Which of the blobs are in packs, as they lie there. Mostly they are asked for in the order in which they were written. */
function inDiskOrder(blobs: readonly StoredBlob[]): number[] {
  const order: number[] = [];
  let isSorted = true;
  let [lastPack, lastOffset] = [0, 0];
  for (let at = 0; at < blobs.length; at++) {
    const { place } = blobs[at]!;
    if (place.kind === "file") continue;
    if (place.pack < lastPack || (place.pack === lastPack && place.offset < lastOffset)) isSorted = false;
    lastPack = place.pack;
    lastOffset = place.offset;
    order.push(at);
  }
  if (!isSorted)
    order.sort(
      (a, b) => packOfBlob(blobs[a]!) - packOfBlob(blobs[b]!) || offsetOfBlob(blobs[a]!) - offsetOfBlob(blobs[b]!),
    );
  return order;
}

const packOfBlob = ({ place }: StoredBlob): number => (place.kind === "pack" ? place.pack : 0);
const offsetOfBlob = ({ place }: StoredBlob): number => (place.kind === "pack" ? place.offset : 0);

/** Neighbours together. */
function runsOf(blobs: readonly StoredBlob[], order: readonly number[]): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  for (let i = 0; i < order.length; i++) {
    const blob = blobs[order[i]!]!;
    const [pack, offset] = [packOfBlob(blob), offsetOfBlob(blob)];
    const end = offset + blob.info.sizeBytes;
    if (last?.pack === pack && offset - last.end <= GAP_BYTES_MAX && end - last.start <= RUN_BYTES_MAX) {
      if (end > last.end) last.end = end;
      last.to = i + 1;
    } else runs.push((last = { pack, start: offset, end, from: i, to: i + 1 }));
  }
  return runs;
}

async function readRun(
  packs: Packs,
  run: Run,
  blobs: readonly StoredBlob[],
  order: readonly number[],
  result: (Uint8Array | undefined)[],
): Promise<void> {
  let bytes: Uint8Array;
  try {
    const handle = packs.acquire(run.pack);
    try {
      bytes = await readAt(handle.fd, run.start, run.end - run.start);
    } finally {
      handle.release();
    }
  } catch (error) {
    if (isAbsent(error)) return;
    throw diskError(error, `cannot read pack ${String(run.pack)}`);
  }
  for (let i = run.from; i < run.to; i++) {
    const at = order[i]!;
    const from = offsetOfBlob(blobs[at]!) - run.start;
    result[at] = bytes.subarray(from, from + blobs[at]!.info.sizeBytes);
  }
}

async function readWholeFile(path: string, sizeBytes: number): Promise<Uint8Array | undefined> {
  try {
    const fd = fs.openSync(path, "r");
    try {
      return await readAt(fd, 0, sizeBytes);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw diskError(error, `cannot read ${path}`);
  }
}
