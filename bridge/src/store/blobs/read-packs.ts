import fs from "node:fs";
import type { Place } from "./blob-record.js";
import { diskError, isAbsent } from "./disk-error.js";
import type { Packs } from "./open-packs.js";
import { readAt } from "./positional-io.js";

interface Wanted {
  readonly place: Place;
  readonly blake3: string;
  readonly sizeBytes: number;
}

interface Run {
  readonly pack: number;
  readonly start: number;
  end: number;
  readonly blobs: { readonly at: number; readonly offset: number; readonly sizeBytes: number }[];
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
  blobs: readonly Wanted[],
): Promise<(Uint8Array | undefined)[]> {
  const result: (Uint8Array | undefined)[] = new Array<undefined>(blobs.length).fill(undefined);
  const jobs: (() => Promise<void>)[] = [];
  for (const run of runsOf(blobs)) jobs.push(() => readRun(packs, run, result));
  blobs.forEach(({ place, blake3, sizeBytes }, at) => {
    if (place.kind === "file")
      jobs.push(async () => {
        result[at] = await readWholeFile(pathOf(blake3), sizeBytes);
      });
  });
  const handles = [...new Set(blobs.flatMap(({ place }) => (place.kind === "pack" ? [place.pack] : [])))].flatMap(
    (pack) => {
      try {
        return [packs.acquire(pack)];
      } catch (error) {
        if (isAbsent(error)) return [];
        throw diskError(error, `cannot open pack ${String(pack)}`);
      }
    },
  );
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

/** The wanted blobs in packs, in the order of the disk, neighbours together. */
function runsOf(blobs: readonly Wanted[]): Run[] {
  const places = blobs.flatMap(({ place, sizeBytes }, at) =>
    place.kind === "pack" ? [{ ...place, sizeBytes, at }] : [],
  );
  places.sort((a, b) => a.pack - b.pack || a.offset - b.offset);
  const runs: Run[] = [];
  for (const { pack, offset, sizeBytes, at } of places) {
    const last = runs.at(-1);
    const end = offset + sizeBytes;
    if (last?.pack === pack && offset - last.end <= GAP_BYTES_MAX && end - last.start <= RUN_BYTES_MAX) {
      last.end = Math.max(last.end, end);
      last.blobs.push({ at, offset, sizeBytes });
    } else runs.push({ pack, start: offset, end, blobs: [{ at, offset, sizeBytes }] });
  }
  return runs;
}

async function readRun(packs: Packs, run: Run, result: (Uint8Array | undefined)[]): Promise<void> {
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
  for (const { at, offset, sizeBytes } of run.blobs)
    result[at] = bytes.subarray(offset - run.start, offset - run.start + sizeBytes);
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
