import { blobResourceName, createBlobHasher, emptyHash, hashBytes } from "../../digest/index.js";
import { decodeDirectory, type CastoreNode } from "../../formats/castore/index.js";
import type { StorePath } from "../../formats/store-path/store-path.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import { decodeBlobRecord, type BlobRecord } from "../blobs/blob-record.js";
import type { CallOptions } from "../blob-store.js";
import { coreOf } from "../compose-store.js";
import type { TableEntry, TableName } from "../index-db/index-db.js";
import { hasDirectory } from "../meta/create-directory-store.js";
import { referrersOf } from "../meta/create-path-info-store.js";
import { actionOfKey } from "../meta/digest-code.js";
import { decodePathInfo } from "../meta/path-info-record.js";
import { blobsOfResult, parseActionResult } from "../meta/result-references.js";
import { quietCoreOf } from "../quiet-core.js";
import type { StoreCore } from "../store-core.js";
import type { Store } from "../store.js";
import { hashNarOf } from "./nar-of.js";

/** Something that is not as it should be. */
export interface StoreProblem {
  readonly kind: "blob" | "directory" | "path-info" | "action-result";
  /** A digest or a store path. */
  readonly subject: string;
  /** For people. */
  readonly message: string;
}

/** How thoroughly to look. */
export interface VerifyOptions extends CallOptions {
  /** Reads all contents: every blob is hashed, and the archive of every path. Otherwise only the index is looked at. */
  readonly contents: boolean;
}

/** Problems found, and how much was looked at. */
export interface VerifyReport {
  readonly problems: readonly StoreProblem[];
  readonly checked: {
    readonly blobs: number;
    readonly directories: number;
    readonly pathInfos: number;
    readonly actionResults: number;
  };
}

const PAGE = 1_024;
const PIECE_BYTES = 1024 * 1024;

/**
 * Checks a store against its own rules: both digests find a blob, its contents are there (and right, with `contents`), what a directory,
 * path info or action result names is there, archives have the registered hash. Changes nothing, and does not count as a use.
 *
 * @throws StatusError Unimplemented for a store that is not of this machine; Cancelled.
 */
export async function verifyStore(store: Store, options: VerifyOptions): Promise<VerifyReport> {
  const core = coreOf(store);
  if (core === undefined) throw new StatusError(Code.Unimplemented, "only a store of this machine can be verified");
  await core.records.flushIfRoom();
  const quiet = quietCoreOf(core);
  const problems: StoreProblem[] = [];
  const note = (kind: StoreProblem["kind"], subject: string) => (message: string) =>
    void problems.push({ kind, subject, message });
  async function each(
    kind: StoreProblem["kind"],
    table: TableName,
    check: (entry: TableEntry, report: (message: string) => void) => Promise<void>,
    subjectOf: (key: Uint8Array) => string,
  ): Promise<number> {
    let count = 0;
    for await (const entry of entriesOf(quiet, table, options)) {
      const report = note(kind, subjectOf(entry.key));
      try {
        await check(entry, report);
      } catch (error) {
        report(error instanceof Error ? error.message : String(error));
      }
      count++;
    }
    return count;
  }
  const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");
  const text = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
  const blobs = await each("blob", "blobs", (entry, report) => checkBlob(quiet, entry, options, report), hex);
  await each("blob", "sha256", (entry, report) => checkAlias(quiet, entry, report), hex);
  const directories = await each(
    "directory",
    "directories",
    (entry, report) => checkDirectory(quiet, entry, report),
    hex,
  );
  const pathInfos = await each(
    "path-info",
    "path-infos",
    (entry, report) => checkPathInfo(quiet, store, entry, options, report),
    text,
  );
  const actionResults = await each(
    "action-result",
    "actions",
    (entry, report) => checkActionResult(quiet, entry, report),
    (key) => actionOfKey(key).hash,
  );
  return { problems, checked: { blobs, directories, pathInfos, actionResults } };
}

type Report = (message: string) => void;

async function* entriesOf(core: StoreCore, table: TableName, options: CallOptions): AsyncGenerator<TableEntry, void> {
  let start: Uint8Array = Buffer.alloc(0);
  for (;;) {
    const page = core.index.tables[table].entries({ start, limit: PAGE });
    yield* page;
    throwIfAborted(options.signal);
    if (page.length < PAGE) return;
    start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
    await new Promise(setImmediate);
  }
}

async function checkBlob(core: StoreCore, entry: TableEntry, options: VerifyOptions, report: Report): Promise<void> {
  const record = decodeBlobRecord(Buffer.from(entry.key).toString("hex"), entry.value);
  const alias = core.index.tables.sha256.get(Buffer.from(record.info.sha256, "hex"));
  if (alias === undefined || !Buffer.from(alias).equals(entry.key)) report("its SHA-256 does not find it");
  if (!core.contents.mayHold(record.place, record.info.sizeBytes)) report("its pack is shorter than it should be");
  else if (options.contents) await checkContents(core, record, options, report);
  else await checkExtent(core, record, report);
}

/** Without reading it all: whether the last byte is there. */
async function checkExtent(core: StoreCore, { place, info }: BlobRecord, report: Report): Promise<void> {
  const reader = await core.contents.open(place, info.blake3);
  try {
    const tail = await reader.read(info.sizeBytes - 1, place.kind === "file" ? 2 : 1);
    if (tail.byteLength !== 1) report("its contents are missing or have another size");
  } finally {
    await reader.close();
  }
}

async function checkContents(
  core: StoreCore,
  { place, info }: BlobRecord,
  options: CallOptions,
  report: Report,
): Promise<void> {
  const hasher = createBlobHasher();
  const reader = await core.contents.open(place, info.blake3);
  try {
    for (let at = 0; at < info.sizeBytes; at += PIECE_BYTES) {
      throwIfAborted(options.signal);
      hasher.update(await reader.read(at, Math.min(PIECE_BYTES, info.sizeBytes - at)));
    }
  } finally {
    await reader.close();
  }
  const found = hasher.finish();
  if (found.sizeBytes !== info.sizeBytes)
    report(`its contents have ${found.sizeBytes} bytes instead of ${info.sizeBytes}`);
  else if (found.blake3 !== info.blake3) report("its contents are damaged");
  else if (found.sha256 !== info.sha256) report("the index gives it another SHA-256 than its contents have");
}

async function checkAlias(core: StoreCore, entry: TableEntry, report: Report): Promise<void> {
  const value = core.index.tables.blobs.get(entry.value);
  const sha256 = value === undefined ? undefined : decodeBlobRecord("", value).info.sha256;
  if (sha256 !== Buffer.from(entry.key).toString("hex")) report("the SHA-256 names a blob that is not in the index");
}

async function checkDirectory(core: StoreCore, entry: TableEntry, report: Report): Promise<void> {
  const message = entry.value.subarray(4);
  if (hashBytes("blake3", message) !== Buffer.from(entry.key).toString("hex")) report("its message is damaged");
  for (const { node } of decodeDirectory(message).entries)
    if (node.type === "directory" && !hasDirectory(core, node.digest))
      report(`it names directory ${node.digest}, which is not in the store`);
}

async function checkPathInfo(
  core: StoreCore,
  store: Store,
  entry: TableEntry,
  options: VerifyOptions,
  report: Report,
): Promise<void> {
  const path = Buffer.from(entry.key).toString("latin1") as StorePath;
  const info = decodePathInfo(path, entry.value);
  for (const reference of info.references) {
    if (!core.index.tables["path-infos"].has(Buffer.from(reference, "latin1")))
      report(`it refers to '${reference}', which is not valid`);
    else if (reference !== path && !referrersOf(core, reference).includes(path))
      report(`'${reference}' does not know that it is referred to`);
  }
  const missing = await missingBelow(core, info.node);
  if (missing !== undefined) report(`it needs ${missing}, which is not in the store`);
  else if (options.contents) {
    const { narHash, narSizeBytes } = await hashNarOf({ ...store, blobs: core.blobs }, info.node, options);
    if (narHash !== info.narHash || narSizeBytes !== info.narSizeBytes)
      report(
        `its archive has SHA-256 ${narHash} and ${narSizeBytes} bytes, registered are ${info.narHash} and ${info.narSizeBytes}`,
      );
  }
}

/** The first file or directory of a tree that is absent. */
async function missingBelow(core: StoreCore, root: CastoreNode): Promise<string | undefined> {
  const seen = new Set<string>();
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === "symlink" || seen.has(node.digest) || node.digest === emptyHash.blake3) continue;
    seen.add(node.digest);
    if (node.type === "file") {
      if (core.blobIndex.findByBlake3(node.digest)?.info.sizeBytes !== node.size) return `file ${node.digest}`;
      continue;
    }
    const value = core.index.tables.directories.get(Buffer.from(node.digest, "hex"));
    if (value === undefined) return `directory ${node.digest}`;
    for (const { node: child } of decodeDirectory(value.subarray(4)).entries) stack.push(child);
  }
  return undefined;
}

async function checkActionResult(core: StoreCore, entry: TableEntry, report: Report): Promise<void> {
  const { fn } = actionOfKey(entry.key);
  const digests = await blobsOfResult(core, parseActionResult(entry.value.subarray(8), fn));
  const absent = digests.filter((digest) => digest.sizeBytes > 0 && core.blobIndex.find(digest) === undefined);
  for (const digest of absent) report(`it names ${blobResourceName(digest)}, which is not in the store`);
}
