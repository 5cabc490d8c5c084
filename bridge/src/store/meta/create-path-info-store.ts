import type { CastoreNode } from "../../formats/castore/index.js";
import type { StorePath } from "../../formats/store-path/store-path.js";
import { Code, StatusError } from "../../status/index.js";
import { endOfPrefix, type PutEntry } from "../index-db/index-db.js";
import type { PathInfo, PathInfoStore } from "../path-info-store.js";
import type { StoreCore } from "../store-core.js";
import type { Completeness } from "./completeness.js";
import { hasDirectory } from "./create-directory-store.js";
import { decodePathInfo, encodePathInfo } from "./path-info-record.js";

/** Entries fetched at once by a listing: what it holds in memory. */
const LIST_PAGE = 512;

/** More paths than this share a transaction, which then costs each of them little. */
const AT_ONCE_MAX = 16;

/** The length of the hash part of a store path. */
const HASH_PART_LENGTH = 32;

const keyOf = (path: string): Buffer => Buffer.from(path, "latin1");
const textOfKey = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
/** Table `referrers`: `<path>\0<who refers to it>` → nothing. */
const referrerKey = (path: string, referrer: string): Buffer => keyOf(`${path}\0${referrer}`);
/** Table `realisations`: `<derivation>!<output>` → store path. */
const realisationKey = (drvPath: string, outputName: string): Buffer => keyOf(`${drvPath}!${outputName}`);
/** lmdb stores no empty values through every path of its interface. */
const PRESENT = Buffer.from([1]);

/** Path infos, who refers to whom, and realisations, in the index. */
export function createPathInfoStore(core: StoreCore, completeness: Completeness): PathInfoStore {
  const table = core.index.tables["path-infos"];
  const { realisations } = core.index.tables;

  function get(path: StorePath): PathInfo | undefined {
    const key = keyOf(path);
    const value = table.get(key);
    if (value === undefined) return undefined;
    core.usage.touch("path-infos", key, value);
    return decodePathInfo(path, value);
  }

  return {
    get: async (path) => get(path),
    getMany: async (paths) => paths.map(get),
    async getByHashPart(hashPart) {
      if (hashPart.length !== HASH_PART_LENGTH) return undefined;
      const start = keyOf(`${hashPart}-`);
      const [entry] = table.entries({ start, end: endOfPrefix(start)!, limit: 1 });
      return entry === undefined ? undefined : get(textOfKey(entry.key) as StorePath);
    },
    async putMany(infos) {
      await core.gate.shared(async () => {
        for (const info of infos) await completeness.checkNode(info.node, `path '${info.path}'`);
        if (infos.length <= AT_ONCE_MAX && putNow(core, infos)) return;
        await core.index.write(() => {
          checkReferences(core, infos);
          for (const info of infos) register(core, info);
        });
      });
    },
    referrers: async (path) => referrersOf(core, path),
    async *list() {
      let start: Buffer = Buffer.alloc(0);
      for (;;) {
        const page = table.entries({ start, limit: LIST_PAGE });
        for (const { key, value } of page) yield decodePathInfo(textOfKey(key) as StorePath, value);
        if (page.length < LIST_PAGE) return;
        start = Buffer.concat([page.at(-1)!.key, Buffer.from([0])]);
      }
    },
    async forget(paths) {
      const leaving = new Set(paths);
      await core.gate.shared(() =>
        core.index.write(() => {
          for (const path of leaving) {
            const user = referrersOf(core, path).find((referrer) => !leaving.has(referrer));
            if (user !== undefined)
              throw new StatusError(Code.FailedPrecondition, `path '${path}' is in use: '${user}' refers to it`);
          }
          for (const path of leaving) forgetPathInfo(core, path);
        }),
      );
    },
    async getRealisation(drvPath, outputName) {
      const value = realisations.get(realisationKey(drvPath, outputName));
      return value === undefined ? undefined : (textOfKey(value) as StorePath);
    },
    async putRealisation(drvPath, outputName, path) {
      await core.index.write(() => {
        realisations.put(realisationKey(drvPath, outputName), keyOf(path));
      });
    },
  };
}

/** Registers paths that are new, without a transaction. @returns whether that was possible. */
function putNow(core: StoreCore, infos: readonly PathInfo[]): boolean {
  const table = core.index.tables["path-infos"];
  if (infos.some(({ path }) => table.has(keyOf(path))) || missingReference(core, infos) !== undefined) return false;
  return core.index.putNow(infos.flatMap((info) => entriesOf(core, info)));
}

/** Whether entries that {@link PathInfoStore.putMany} made can be put (again): power loss may have taken what they need. */
export function isRegistrable(core: StoreCore, entries: readonly PutEntry[]): boolean {
  const infos = entries.flatMap(({ table, key, value }) =>
    table === "path-infos" ? [decodePathInfo(textOfKey(key) as StorePath, value)] : [],
  );
  return missingReference(core, infos) === undefined && infos.every(({ node }) => isThere(core, node));
}

function isThere(core: StoreCore, node: CastoreNode): boolean {
  if (node.type === "directory") return hasDirectory(core, node.digest);
  return node.type === "symlink" || core.blobIndex.infoByBlake3(node.digest)?.sizeBytes === node.size;
}

interface MissingReference {
  readonly path: StorePath;
  readonly reference: StorePath;
}

function missingReference(core: StoreCore, infos: readonly PathInfo[]): MissingReference | undefined {
  const listed = new Set(infos.map(({ path }) => path));
  for (const { path, references } of infos)
    for (const reference of references)
      if (!listed.has(reference) && !core.index.tables["path-infos"].has(keyOf(reference))) return { path, reference };
  return undefined;
}

function checkReferences(core: StoreCore, infos: readonly PathInfo[]): void {
  const missing = missingReference(core, infos);
  if (missing === undefined) return;
  const { path, reference } = missing;
  throw new StatusError(Code.FailedPrecondition, `path '${path}' refers to '${reference}', which is not valid`);
}

/** Inside of a transaction. */
function register(core: StoreCore, info: PathInfo): void {
  const before = core.index.tables["path-infos"].get(keyOf(info.path));
  if (before !== undefined)
    for (const reference of decodePathInfo(info.path, before).references)
      core.index.tables.referrers.remove(referrerKey(reference, info.path));
  for (const { table, key, value } of entriesOf(core, info)) core.index.tables[table].put(key, value);
}

/** What the tables hold of a path. */
function entriesOf(core: StoreCore, info: PathInfo): PutEntry[] {
  const value = encodePathInfo(info, core.usage.nowSeconds());
  const others = info.references.filter((reference) => reference !== info.path);
  return [
    { table: "path-infos", key: keyOf(info.path), value },
    ...others.map((reference): PutEntry => ({
      table: "referrers",
      key: referrerKey(reference, info.path),
      value: PRESENT,
    })),
  ];
}

/** {@link PathInfoStore.referrers}, at once. */
export function referrersOf(core: StoreCore, path: StorePath): StorePath[] {
  const start = keyOf(`${path}\0`);
  return core.index.tables.referrers
    .entries({ start, end: endOfPrefix(start)! })
    .map(({ key }) => textOfKey(key).slice(path.length + 1) as StorePath);
}

/** Inside of a transaction: removes one path and what it refers to from the tables. */
export function forgetPathInfo(core: StoreCore, path: StorePath): void {
  const table = core.index.tables["path-infos"];
  const value = table.get(keyOf(path));
  if (value === undefined) return;
  for (const reference of decodePathInfo(path, value).references)
    core.index.tables.referrers.remove(referrerKey(reference, path));
  table.remove(keyOf(path));
}
