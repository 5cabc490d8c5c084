import type { StorePath } from "../../formats/store-path/store-path.js";
import { Code, StatusError, hasCode } from "../../status/index.js";
import { isDiskContents, type DiskContents } from "../blobs/create-disk-contents.js";
import { coreOf } from "../compose-store.js";
import { referrersOf } from "../meta/create-path-info-store.js";
import { USE_GRANULARITY_SECONDS } from "../index-db/usage-log.js";
import { quietCoreOf } from "../quiet-core.js";
import type { StoreCore } from "../store-core.js";
import type { Store } from "../store.js";
import { compactPacks } from "./compact-packs.js";
import { rankItems, type RankedItem } from "./effective-use.js";
import { removeItems, type RemovedCounts } from "./remove-items.js";
import { itemsOf, nameOfItem, type Item } from "./store-items.js";
import { sweepFiles } from "./sweep-files.js";

/** What to keep. */
export interface GarbageOptions {
  /** Remove until no more than this is stored; nothing is removed while less is, or when this is left out. */
  readonly maxSizeBytes?: number;
  /** Nothing is removed that was written, found or read within this time. */
  readonly graceMs: number;
  /** Paths that stay, with everything they need, however long they were not used. */
  readonly keep?: readonly StorePath[];
}

/** What was done. */
export interface GarbageReport extends RemovedCounts {
  /** What the store holds now: contents and messages, without what packs hold of removed blobs. */
  readonly sizeBytes: number;
  readonly removedBytes: number;
  /** Disk that was given back by rewriting packs. */
  readonly compactedBytes: number;
  /** Files that no entry of the index named: left by a crash. */
  readonly leftoverFiles: number;
}

const NOTHING: RemovedCounts = { actions: 0, pathInfos: 0, directories: 0, blobs: 0 };

/**
 * Brings a store below a size. Action results and path infos are roots: what they reach stays while they do. The least recently used go first, be
 * they roots (with what only they reach) or blobs that no root reaches. Others wait with writes and finds while it decides; reads go on.
 *
 * May be killed at any time: the index forgets a thing after all that holds it and before its contents are deleted; contents that
 * are left over go with the next run.
 *
 * @throws StatusError Unimplemented for a store that is not of this machine; FailedPrecondition if it is open for reading only.
 */
export async function collectGarbage(store: Store, options: GarbageOptions): Promise<GarbageReport> {
  const core = coreOf(store);
  if (core === undefined) throw new StatusError(Code.Unimplemented, "only a store of this machine collects garbage");
  if (core.readOnly) throw new StatusError(Code.FailedPrecondition, "a store open for reading only is left as it is");
  await core.usage.flush();
  await core.records.flushIfRoom(); // Blobs that wait for room are not looked at, and stay.
  const quiet = quietCoreOf(core);
  const disk = isDiskContents(core.contents) ? core.contents : undefined;
  const { removed, sizeBytes, removedBytes, leftoverFiles } = await core.gate.exclusive(async () => {
    const result = await evict(quiet, options);
    return { ...result, leftoverFiles: disk === undefined ? 0 : await sweepFiles(quiet, disk.filesDirectory) };
  });
  const compactedBytes = disk === undefined ? 0 : await compact(quiet, disk);
  return { ...removed, sizeBytes, removedBytes, compactedBytes, leftoverFiles };
}

async function evict(
  core: StoreCore,
  options: GarbageOptions,
): Promise<{ removed: RemovedCounts; sizeBytes: number; removedBytes: number }> {
  const items: Item[] = [];
  let sizeBytes = 0;
  for await (const item of itemsOf(core)) {
    items.push(item);
    sizeBytes += item.sizeBytes;
  }
  const { maxSizeBytes } = options;
  if (maxSizeBytes === undefined || sizeBytes <= maxSizeBytes) return { removed: NOTHING, sizeBytes, removedBytes: 0 };
  const pinned = new Set((options.keep ?? []).map((path) => nameOfItem("path-infos", Buffer.from(path, "latin1"))));
  const ranked = await rankItems(core, items, pinned);
  const newest = core.usage.nowSeconds() - Math.ceil(options.graceMs / 1000) - graceMargin(options.graceMs);
  const doomed = choose(core, ranked, sizeBytes - maxSizeBytes, newest);
  const removed = await removeItems(core, doomed);
  const removedBytes = doomed.reduce((sum, { sizeBytes: size }) => sum + size, 0);
  return { removed, sizeBytes: sizeBytes - removedBytes, removedBytes };
}

/** Uses are written down a minute late at most, so a grace period is prolonged by that. Without one (tests, `gc --all`) nothing is promised. */
function graceMargin(graceMs: number): number {
  return graceMs > 0 ? USE_GRANULARITY_SECONDS : 0;
}

/** The first of the ranked items that free enough. */
function choose(core: StoreCore, ranked: readonly RankedItem[], wantedBytes: number, newest: number): Item[] {
  const doomed: Item[] = [];
  let freed = 0;
  for (const { item, effectiveUse } of ranked) {
    if (effectiveUse > newest || freed >= wantedBytes) break;
    doomed.push(item);
    freed += item.sizeBytes;
  }
  return [...circlesOf(core, ranked, doomed), ...doomed];
}

/**
 * Path infos that were spared although one that goes is referred to by them. The order of ranks rules that out, unless paths refer to each other in a
 * circle: then they are equally old, and go together.
 */
function circlesOf(core: StoreCore, ranked: readonly RankedItem[], doomed: readonly Item[]): Item[] {
  const gone = new Set(doomed.filter(({ table }) => table === "path-infos").map(pathOfItem));
  const spared = new Map<StorePath, Item>();
  for (const { item } of ranked)
    if (item.table === "path-infos" && !gone.has(pathOfItem(item))) spared.set(pathOfItem(item), item);
  const extra: Item[] = [];
  const queue = [...gone];
  for (let path = queue.pop(); path !== undefined; path = queue.pop())
    for (const referrer of referrersOf(core, path)) {
      const item = spared.get(referrer);
      if (item === undefined) continue;
      spared.delete(referrer);
      extra.push(item);
      queue.push(referrer);
    }
  return extra;
}

function pathOfItem(item: Item): StorePath {
  return Buffer.from(item.key).toString("latin1") as StorePath;
}

async function compact(core: StoreCore, disk: DiskContents): Promise<number> {
  try {
    return await compactPacks(core, disk);
  } catch (error) {
    if (hasCode(error, Code.ResourceExhausted)) return 0; // No room to rewrite: packs without any live blob are gone already.
    throw error;
  }
}
