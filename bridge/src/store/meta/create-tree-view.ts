import { hashBytes, type Digest } from "../../digest/index.js";
import { sizeOf } from "../../formats/castore/index.js";
import { TreeDecoder, encodeTree } from "../../formats/reapi/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { DirectoryStore } from "../directory-store.js";
import type { StoreCore } from "../store-core.js";
import type { TreeView } from "../tree-view.js";
import { castoreToReapi } from "./castore-to-reapi.js";
import { readDirectory } from "./create-directory-store.js";
import { reapiToCastore, type ConversionParts, type ReadDirectories } from "./reapi-to-castore.js";
import { parseDirectory, parsing } from "./result-references.js";
import { createTreeMemo, type DirectoryName } from "./tree-memo.js";

/** A Tree is held in memory while it is converted: one message of gRPC's practical size, times 64. */
const TREE_BYTES_MAX = 256 * 1024 * 1024;

/** The tree view over the index and the blob store. */
export function createTreeView(core: StoreCore, directories: DirectoryStore): TreeView {
  const memo = createTreeMemo(core);
  const nodeOf = (name: DirectoryName): { readonly type: "directory" } & DirectoryName => ({
    type: "directory",
    ...name,
  });

  const readMessages: ReadDirectories = async (digests) => {
    const messages = await core.blobs.readMany(digests);
    return messages.map((bytes, i) => (bytes === undefined ? undefined : parseDirectory(bytes, digests[i]!.fn)));
  };

  async function fromReapi(
    parts: Omit<ConversionParts, "core" | "memo" | "directories">,
    root: Digest,
  ): Promise<DirectoryName> {
    const name = await reapiToCastore({ core, memo, directories, ...parts }, root);
    readDirectory(core, name.digest); // Counts as a use.
    return name;
  }

  return {
    toReapi: (directory, fn) => castoreToReapi(core, memo, directory, fn),
    fromReapi: async (directory) => nodeOf(await fromReapi({ read: readMessages }, directory)),
    async fromTree(tree) {
      const remembered = memo.back("tree", tree);
      if (remembered !== undefined) {
        readDirectory(core, remembered.digest);
        return nodeOf(remembered);
      }
      const { root, byHash } = await readTree(core, tree);
      const read: ReadDirectories = async (digests) => {
        const elsewhere = await readMessages(digests.filter(({ hash }) => !byHash.has(hash)));
        return digests.map(({ hash, fn }) => {
          const bytes = byHash.get(hash);
          return bytes === undefined ? elsewhere.shift() : parseDirectory(bytes, fn);
        });
      };
      const name = await fromReapi({ read }, root);
      if (!core.readOnly)
        await core.index.write(() => {
          memo.putBack("tree", name, tree);
        });
      return nodeOf(name);
    },
    async toTree(directory, fn) {
      const remembered = memo.forward("tree", fn, directory);
      if (remembered !== undefined) {
        readDirectory(core, directory);
        return remembered;
      }
      const generation = core.generation.current();
      const messages = await messagesOf(core, await castoreToReapi(core, memo, directory, fn));
      const [root = new Uint8Array(), ...children] = messages;
      const info = await core.blobs.write(once(encodeTree(root, children)));
      const digest = { fn, hash: info[fn], sizeBytes: info.sizeBytes };
      const named = readDirectory(core, directory);
      if (!core.readOnly && named !== undefined && named.entries.length > 0)
        await core.index.write(() => {
          memo.putForward("tree", { digest: directory, size: sizeOf(named, "legacy") }, digest, generation);
        });
      return digest;
    },
  };
}

/** The directories of a `Tree` blob by their hashes. */
async function readTree(core: StoreCore, tree: Digest): Promise<{ root: Digest; byHash: Map<string, Uint8Array> }> {
  if (tree.sizeBytes > TREE_BYTES_MAX)
    throw new StatusError(Code.InvalidArgument, `tree ${tree.hash} is larger than ${String(TREE_BYTES_MAX)} bytes`);
  const decoder = new TreeDecoder();
  const byHash = new Map<string, Uint8Array>();
  let root: Digest | undefined;
  for await (const piece of core.blobs.read(tree))
    for (const { kind, bytes } of parsing(() => decoder.push(piece))) {
      const hash = hashBytes(tree.fn, bytes);
      byHash.set(hash, bytes);
      if (kind === "root") root = { fn: tree.fn, hash, sizeBytes: bytes.byteLength };
    }
  parsing(() => {
    decoder.end();
  });
  return { root: root!, byHash };
}

/** The messages of a REAPI directory and everything below it, parents before children, each once. */
async function messagesOf(core: StoreCore, root: Digest): Promise<Uint8Array[]> {
  const order: Uint8Array[] = [];
  const state = new Map<string, "open" | "done">();
  interface Frame {
    readonly hash: string;
    readonly bytes: Uint8Array;
    readonly children: readonly Digest[];
    next: number;
  }
  const open = async (digest: Digest): Promise<Frame> => {
    const [bytes] = await core.blobs.readMany([digest]);
    if (bytes === undefined)
      throw new StatusError(Code.NotFound, `directory message ${digest.hash} is not in the store`);
    state.set(digest.hash, "open");
    const children = parseDirectory(bytes, digest.fn).directories.map(({ digest: child }) => child);
    return { hash: digest.hash, bytes, children, next: 0 };
  };
  const stack = [await open(root)];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = frame.children[frame.next++];
    if (child === undefined) {
      stack.pop();
      state.set(frame.hash, "done");
      order.push(frame.bytes);
    } else if (!state.has(child.hash)) stack.push(await open(child));
  }
  return order.reverse();
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.byteLength > 0) yield bytes;
}
