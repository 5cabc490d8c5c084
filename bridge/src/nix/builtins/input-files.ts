import {
  byteStringOf,
  splitStorePath,
  StorePathError,
  type ByteString,
  type CastoreNode,
} from "../../formats/index.js";
import { digestOfFile } from "../../store/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BuiltinContext } from "./builtin-context.js";

/** The inputs of a derivation as a file system. Paths are absolute. */
export interface InputFiles {
  /** What a path leads to, through symlinks, and where that is; `undefined` if it leads nowhere, or out of the inputs. */
  resolve(path: ByteString): Promise<ResolvedFile | undefined>;
  /** The children of a directory, in the order of their names; `undefined` if the path leads to none. */
  list(path: ByteString): Promise<readonly ByteString[] | undefined>;
  /** The contents of a file; `undefined` if the path leads to none. */
  open(path: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Where a path leads. */
export interface ResolvedFile {
  readonly node: CastoreNode;
  /** Without symlinks on the way. */
  readonly path: ByteString;
}

/** As the kernel: more is a loop. */
const SYMLINKS_MAX = 40;

export function createInputFiles({ store, storeDir, inputs }: BuiltinContext): InputFiles {
  async function childOf(node: CastoreNode, name: string): Promise<CastoreNode | undefined> {
    if (node.type !== "directory") return undefined;
    const directory = await store.directories.get(node.digest);
    if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${node.digest} is gone`);
    return directory.entries.find((entry) => entry.name === name)?.node;
  }

  /** Part by part; symlinks are resolved as they come. What is above the store paths has no node. */
  async function resolve(path: ByteString): Promise<ResolvedFile | undefined> {
    let pending = path.split("/").filter((part) => part !== "" && part !== ".");
    let done: { readonly name: string; readonly node: CastoreNode | undefined }[] = [];
    const storeParts = storeDir.split("/").filter((part) => part !== "");
    let symlinks = 0;
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === "..") {
        done.pop();
        continue;
      }
      const depth = done.length;
      let node: CastoreNode | undefined;
      if (depth < storeParts.length) {
        if (name !== storeParts[depth]) return undefined;
      } else if (depth === storeParts.length) node = inputOf(name);
      else node = await childOf(done.at(-1)!.node!, name);
      if (depth >= storeParts.length && node === undefined) return undefined;
      if (node?.type !== "symlink") {
        done.push({ name, node });
        continue;
      }
      if (++symlinks > SYMLINKS_MAX) return undefined;
      if (node.target.startsWith("/")) done = [];
      pending = [...node.target.split("/").filter((part) => part !== "" && part !== "."), ...pending];
    }
    const node = done.at(-1)?.node;
    return node && { node, path: `/${done.map(({ name }) => name).join("/")}` as ByteString };
  }

  function inputOf(name: string): CastoreNode | undefined {
    try {
      return inputs.get(splitStorePath(storeDir, `${storeDir}/${name}`).path)?.node;
    } catch (reason) {
      if (reason instanceof StorePathError) return undefined;
      throw reason;
    }
  }

  return {
    resolve,
    async list(path) {
      const node = (await resolve(path))?.node;
      if (node?.type !== "directory") return undefined;
      const directory = await store.directories.get(node.digest);
      return directory?.entries.map(({ name }) => name);
    },
    async open(path) {
      const node = (await resolve(byteStringOf(path)))?.node;
      return node?.type === "file" ? store.blobs.read(digestOfFile(node)) : undefined;
    },
  };
}
