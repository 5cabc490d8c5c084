import type { Digest, DigestFunction } from "../../digest/index.js";
import { decodeDirectory, type CastoreNode } from "../../formats/castore/index.js";
import type { StorePath } from "../../formats/store-path/store-path.js";
import { StatusError } from "../../status/index.js";
import { decodeBlobRecord } from "../blobs/blob-record.js";
import type { TableEntry } from "../index-db/index-db.js";
import { lastUseOf, type UsedTable } from "../index-db/usage-log.js";
import { actionOfKey } from "../meta/digest-code.js";
import { decodePathInfo } from "../meta/path-info-record.js";
import { blobsOfResult, parseActionResult } from "../meta/result-references.js";
import { viewsOf } from "../meta/tree-memo.js";
import type { StoreCore } from "../store-core.js";

/** Something that the garbage collector can remove: an entry of one of the tables. */
export interface Item {
  readonly table: UsedTable;
  readonly key: Uint8Array;
  readonly sizeBytes: number;
  /** Seconds since the epoch. */
  readonly lastUse: number;
}

/** The name of an item in maps. */
export type ItemName = string;

export function nameOfItem(table: UsedTable, key: Uint8Array): ItemName {
  return table + Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

const TABLES: readonly UsedTable[] = ["actions", "path-infos", "directories", "blobs"];

/** Entries read between two turns of the loop: a few milliseconds. */
const PAGE = 4_096;

/** Every item of the store. */
export async function* itemsOf(core: StoreCore): AsyncGenerator<Item, void, undefined> {
  for (const table of TABLES)
    for await (const { key, value } of pages(core, table)) {
      const sizeBytes = table === "blobs" ? decodeBlobRecord("", value).info.sizeBytes : value.byteLength;
      yield { table, key, sizeBytes, lastUse: lastUseOf(value) };
    }
}

async function* pages(core: StoreCore, table: UsedTable): AsyncGenerator<TableEntry, void, undefined> {
  let start: Uint8Array = Buffer.alloc(0);
  for (;;) {
    const page = core.index.tables[table].entries({ start, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
    await new Promise(setImmediate);
  }
}

/** What an item directly needs: it is kept at least as long as the item. */
export async function heldBy(core: StoreCore, { table, key }: Pick<Item, "table" | "key">): Promise<ItemName[]> {
  if (table === "blobs") return [];
  const value = core.index.tables[table].get(key);
  if (value === undefined) return [];
  if (table === "actions") return blobsOfEntry(core, actionOfKey(key).fn, value.subarray(8));
  if (table === "directories") return heldByDirectory(core, key, value);
  const path = Buffer.from(key).toString("latin1") as StorePath;
  const info = decodePathInfo(path, value);
  return [
    ...namesOfNode(info.node),
    ...info.references
      .filter((reference) => reference !== path)
      .map((reference) => nameOfItem("path-infos", Buffer.from(reference, "latin1"))),
  ];
}

async function blobsOfEntry(core: StoreCore, fn: DigestFunction, message: Uint8Array): Promise<ItemName[]> {
  try {
    const digests = await blobsOfResult(core, parseActionResult(message, fn));
    return digests.flatMap((digest) => nameOfBlob(core, digest));
  } catch (error) {
    // A damaged tree: the entry is not answered any more, and holds nothing.
    if (error instanceof StatusError) return [];
    throw error;
  }
}

function heldByDirectory(core: StoreCore, key: Uint8Array, value: Uint8Array): ItemName[] {
  const names = decodeDirectory(value.subarray(4)).entries.flatMap(({ node }) => namesOfNode(node));
  for (const { reapi } of viewsOf(core, Buffer.from(key).toString("hex"))) names.push(...nameOfBlob(core, reapi));
  return names;
}

function nameOfBlob(core: StoreCore, digest: Digest): ItemName[] {
  const record = core.blobIndex.find(digest);
  return record === undefined ? [] : [nameOfItem("blobs", Buffer.from(record.info.blake3, "hex"))];
}

function namesOfNode(node: CastoreNode): ItemName[] {
  if (node.type === "symlink") return [];
  return [nameOfItem(node.type === "file" ? "blobs" : "directories", Buffer.from(node.digest, "hex"))];
}
