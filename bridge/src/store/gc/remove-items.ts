import fs from "node:fs";
import { emptyHash } from "../../digest/index.js";
import type { StorePath } from "../../formats/store-path/store-path.js";
import { decodeBlobRecord } from "../blobs/blob-record.js";
import type { MemoryContents } from "../blobs/create-memory-contents.js";
import { forgetPathInfo } from "../meta/create-path-info-store.js";
import { forgetViews } from "../meta/tree-memo.js";
import type { StoreCore } from "../store-core.js";
import type { Item } from "./store-items.js";

/** How many of each kind were removed. */
export interface RemovedCounts {
  readonly actions: number;
  readonly pathInfos: number;
  readonly directories: number;
  readonly blobs: number;
}

/** Entries removed in one transaction. */
const BATCH = 4_096;
const MAKES_ROOM = { makesRoom: true };

/** Removes items in their order, from the index first. After each transaction what is left is whole. */
export async function removeItems(core: StoreCore, items: readonly Item[]): Promise<RemovedCounts> {
  const counts = { actions: 0, pathInfos: 0, directories: 0, blobs: 0 };
  for (let at = 0; at < items.length; at += BATCH) {
    const gone: string[] = [];
    await core.index.write(() => {
      core.generation.bump();
      for (const item of items.slice(at, at + BATCH)) removeOne(core, item, counts, gone);
    }, MAKES_ROOM);
    if (gone.length > 0) await core.index.flushed();
    for (const blake3 of gone) removeContents(core, blake3);
  }
  return counts;
}

function removeOne(
  core: StoreCore,
  { table, key }: Item,
  counts: Record<keyof RemovedCounts, number>,
  gone: string[],
): void {
  switch (table) {
    case "actions":
      core.index.tables.actions.remove(key);
      counts.actions++;
      return;
    case "path-infos":
      forgetPathInfo(core, Buffer.from(key).toString("latin1") as StorePath);
      counts.pathInfos++;
      return;
    case "directories":
      forgetViews(core, Buffer.from(key).toString("hex"));
      core.index.tables.directories.remove(key);
      counts.directories++;
      return;
    case "blobs": {
      const blake3 = Buffer.from(key).toString("hex");
      const value = core.index.tables.blobs.get(key);
      if (value === undefined || blake3 === emptyHash.blake3) return;
      const record = decodeBlobRecord(blake3, value);
      core.blobIndex.remove(record.info);
      if (record.place.kind === "file") gone.push(blake3);
      counts.blobs++;
    }
  }
}

function removeContents(core: StoreCore, blake3: string): void {
  const path = core.contents.fileOf({ kind: "file" }, blake3);
  if (path !== undefined) fs.rmSync(path, { force: true });
  else if ("blobs" in core.contents) (core.contents as MemoryContents).blobs.delete(blake3);
}
