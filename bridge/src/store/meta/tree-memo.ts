import type { Digest, DigestFunction } from "../../digest/index.js";
import { RecordReader, RecordWriter } from "../index-db/record.js";
import type { StoreCore } from "../store-core.js";
import { functionCode } from "./digest-code.js";
import { hasDirectory } from "./create-directory-store.js";

/** The REAPI messages that a castore directory is equivalent to. */
export type ViewKind = "directory" | "tree";

const kindCode = { directory: 1, tree: 2 } as const;

/** Table `views`: kind (1), function (1), castore digest (32) → generation (4), REAPI hash (32), size (6). */
export function viewKey(kind: ViewKind, fn: DigestFunction, directory: string): Buffer {
  return new RecordWriter().u8(kindCode[kind]).u8(functionCode[fn]).hex(directory).finish();
}

/** Table `views-back`: kind (1), function (1), REAPI hash (32), size (6) → castore digest (32), castore size (6). */
function backKey(kind: ViewKind, reapi: Digest): Buffer {
  return new RecordWriter().u8(kindCode[kind]).u8(functionCode[reapi.fn]).hex(reapi.hash).u48(reapi.sizeBytes).finish();
}

/** A castore directory as its parents name it. */
export interface DirectoryName {
  readonly digest: string;
  readonly size: number;
}

/** Remembers which castore directory and which REAPI message are equal, both ways. */
export interface TreeMemo {
  /** The message of a directory; `undefined` also when parts of it may have vanished since. */
  forward(kind: ViewKind, fn: DigestFunction, directory: string): Digest | undefined;
  /** The directory that a message stands for, if it is here. */
  back(kind: ViewKind, reapi: Digest): DirectoryName | undefined;
  /** Inside of a transaction. The message is the canonical one, found complete in `generation`. */
  putForward(kind: ViewKind, directory: DirectoryName, reapi: Digest, generation: number): void;
  /** Inside of a transaction. */
  putBack(kind: ViewKind, directory: DirectoryName, reapi: Digest): void;
}

export function createTreeMemo(core: StoreCore): TreeMemo {
  const { views } = core.index.tables;
  const back = core.index.tables["views-back"];
  return {
    forward(kind, fn, directory) {
      const value = views.get(viewKey(kind, fn, directory));
      if (value === undefined) return undefined;
      const reader = new RecordReader(value);
      if (reader.u32() !== core.generation.current()) return undefined;
      return { fn, hash: reader.hex(32), sizeBytes: reader.u48() };
    },
    back(kind, reapi) {
      const value = back.get(backKey(kind, reapi));
      if (value === undefined) return undefined;
      const reader = new RecordReader(value);
      const digest = reader.hex(32);
      return hasDirectory(core, digest) ? { digest, size: reader.u48() } : undefined;
    },
    putForward(kind, directory, reapi, generation) {
      const value = new RecordWriter().u32(generation).hex(reapi.hash).u48(reapi.sizeBytes).finish();
      views.put(viewKey(kind, reapi.fn, directory.digest), value);
      this.putBack(kind, directory, reapi);
    },
    putBack(kind, directory, reapi) {
      back.put(backKey(kind, reapi), new RecordWriter().hex(directory.digest).u48(directory.size).finish());
    },
  };
}

/** The messages remembered of a directory, whole or not: what the garbage collector keeps with it. */
export function viewsOf(core: StoreCore, directory: string): { key: Buffer; reapi: Digest }[] {
  const found: { key: Buffer; reapi: Digest }[] = [];
  for (const kind of ["directory", "tree"] as const)
    for (const fn of ["blake3", "sha256"] as const) {
      const key = viewKey(kind, fn, directory);
      const value = core.index.tables.views.get(key);
      if (value === undefined) continue;
      const reader = new RecordReader(value, 4);
      found.push({ key, reapi: { fn, hash: reader.hex(32), sizeBytes: reader.u48() } });
    }
  return found;
}

/** Inside of a transaction: forgets what is remembered of a directory. */
export function forgetViews(core: StoreCore, directory: string): void {
  for (const { key, reapi } of viewsOf(core, directory)) {
    core.index.tables.views.remove(key);
    for (const kind of ["directory", "tree"] as const) core.index.tables["views-back"].remove(backKey(kind, reapi));
  }
}
