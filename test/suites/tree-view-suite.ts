import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestFunctions, digestOf, emptyBlob, emptyHash, type Digest } from "@causeway/bridge/digest";
import {
  byteStringOf,
  decodeReapiDirectory,
  decodeTree,
  encodeReapiDirectory,
  encodeTree,
  type CastoreDirectory,
  type CastoreNode,
  type Directory,
} from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { collect } from "./bytes.js";
import { nodeOfDirectory, oddNames } from "./directory-store-suite.js";
import type { OpenStore, StoreHandle } from "./store-handle.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

/** What every {@link TreeView} must do. */
export function treeViewSuite(name: string, open: OpenStore): void {
  describe(`tree view: ${name}`, () => {
    let handle: StoreHandle;
    beforeEach(async () => {
      handle = await open();
    });
    afterEach(() => handle.close());

    async function storeBlob(bytes: Uint8Array): Promise<CastoreNode & { type: "file" }> {
      const [info] = await handle.store.blobs.writeMany([{ bytes }]);
      return { type: "file", digest: info!.blake3, size: bytes.byteLength, executable: false };
    }

    /** A tree with everything: files of both kinds, an empty one, links, odd names, an empty directory, and one directory twice. */
    async function storeTree(): Promise<CastoreNode & { type: "directory" }> {
      const file = await storeBlob(Buffer.from("contents"));
      const empty: CastoreDirectory = { entries: [] };
      const shared: CastoreDirectory = {
        entries: oddNames().map((odd, i) => ({
          name: odd,
          node: i % 2 === 0 ? { ...file, executable: i % 4 === 0 } : { type: "symlink", target: odd },
        })),
      };
      const root: CastoreDirectory = {
        entries: [
          { name: byteStringOf("a"), node: nodeOfDirectory(shared) },
          { name: byteStringOf("b"), node: nodeOfDirectory(shared) },
          { name: byteStringOf("c"), node: nodeOfDirectory(empty) },
          { name: byteStringOf("d"), node: { type: "file", digest: emptyHash.blake3, size: 0, executable: true } },
        ],
      };
      await handle.store.directories.putMany([shared, root]);
      return nodeOfDirectory(root);
    }

    it.each(digestFunctions)("shows a castore directory as REAPI messages, and back (%s)", async (fn) => {
      const { trees, blobs } = handle.store;
      const node = await storeTree();
      const view = await trees.toReapi(node.digest, fn);
      expect(await trees.toReapi(node.digest, fn)).toEqual(view);
      expect(await trees.fromReapi(view)).toEqual(node);
      const message = decodeReapiDirectory(await collect(blobs.read(view)), fn, { strictOrder: true });
      expect(message.directories.map(({ name: child }) => child)).toEqual(["a", "b", "c"]);
      expect(message.directories[0]!.digest).toEqual(message.directories[1]!.digest);
      expect(message.directories[2]!.digest).toEqual(digestOf(emptyBlob, fn));
      expect(await blobs.findMissing(message.directories.map(({ digest }) => digest))).toEqual([]);
    });

    it.each(digestFunctions)("writes a tree with parents first and nothing twice, and reads it (%s)", async (fn) => {
      const { trees, blobs } = handle.store;
      const node = await storeTree();
      const tree = await trees.toTree(node.digest, fn);
      expect(await trees.toTree(node.digest, fn)).toEqual(tree);
      const records = [...decodeTree(await collect(blobs.read(tree)))];
      expect(records.map(({ kind }) => kind)).toEqual(["root", "child", "child"]);
      expect(await trees.fromTree(tree)).toEqual(node);
    });

    it("gives the same directory for the messages of a client that sent them itself", async () => {
      const node = await storeTree();
      const other = await open();
      try {
        const { trees, blobs } = handle.store;
        const tree = await trees.toTree(node.digest, "sha256");
        for (const contents of ["contents"]) await other.store.blobs.writeMany([{ bytes: Buffer.from(contents) }]);
        const bytes = await collect(blobs.read(tree));
        const [info] = await other.store.blobs.writeMany([{ bytes }]);
        expect(await other.store.trees.fromTree(digestOf(info!, "sha256"))).toEqual(node);
        const [root, ...children] = [...decodeTree(bytes)].map((record) => ({ bytes: record.bytes }));
        const infos = await other.store.blobs.writeMany([root!, ...children]);
        expect(await other.store.trees.fromReapi(digestOf(infos[0]!, "sha256"))).toEqual(node);
      } finally {
        await other.close();
      }
    });

    it("takes the empty directory", async () => {
      const { trees } = handle.store;
      expect(await trees.toReapi(emptyHash.blake3, "sha256")).toEqual(digestOf(emptyBlob, "sha256"));
      expect(await trees.fromReapi(digestOf(emptyBlob, "sha256"))).toEqual({
        type: "directory",
        digest: emptyHash.blake3,
        size: 0,
      });
      const tree = await trees.toTree(emptyHash.blake3, "blake3");
      expect(await trees.fromTree(tree)).toEqual({ type: "directory", digest: emptyHash.blake3, size: 0 });
    });

    it("names what is missing", async () => {
      const { trees, blobs, directories } = handle.store;
      const absent: Digest = digestOf(blobInfoOf(Buffer.from("absent")), "sha256");
      const write = async (directory: Directory): Promise<Digest> => {
        const [info] = await blobs.writeMany([{ bytes: encodeReapiDirectory(directory) }]);
        return digestOf(info!, "sha256");
      };
      const dirs = { files: [], directories: [], symlinks: [] };
      const root = await write({
        ...dirs,
        files: [{ name: byteStringOf("f"), digest: absent, isExecutable: false }],
        directories: [{ name: byteStringOf("d"), digest: { ...absent, sizeBytes: 7 } }],
      });
      await expect(trees.fromReapi(root)).rejects.toMatchObject({
        code: Code.FailedPrecondition,
        details: [{ subjects: [`blobs/${absent.hash}/6`, `blobs/${absent.hash}/7`] }],
      });
      await expect(trees.fromReapi(absent)).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
      await expect(trees.toReapi("12".repeat(32), "sha256")).rejects.toEqual(rejectsWith(Code.NotFound));
      const [digest] = await directories.putMany([
        {
          entries: [
            { name: byteStringOf("f"), node: { type: "file", digest: "12".repeat(32), size: 3, executable: false } },
          ],
        },
      ]);
      await expect(trees.toReapi(digest!, "sha256")).rejects.toEqual(rejectsWith(Code.NotFound));
    });

    it("refuses malformed messages", async () => {
      const { trees, blobs } = handle.store;
      const evil = [
        Buffer.from("12060a042e2e2f61", "hex"), // A directory named "../a", without a digest.
        Buffer.from("1a070a022e2e120178", "hex"), // A symlink named "..".
        Buffer.from("0aff", "hex"), // Cut off.
      ];
      for (const bytes of evil) {
        const [info] = await blobs.writeMany([{ bytes }]);
        await expect(trees.fromReapi(digestOf(info!, "sha256"))).rejects.toEqual(rejectsWith(Code.InvalidArgument));
        const [tree] = await blobs.writeMany([{ bytes: encodeTree(bytes, []) }]);
        await expect(trees.fromTree(digestOf(tree!, "sha256"))).rejects.toEqual(rejectsWith(Code.InvalidArgument));
      }
    });

    it("goes ten thousand levels down without recursion, and sees a shared subtree once", async () => {
      const { trees, blobs } = handle.store;
      let bytes = encodeReapiDirectory({
        files: [],
        directories: [],
        symlinks: [{ name: byteStringOf("l"), target: byteStringOf("t") }],
      });
      const levels: Uint8Array[] = [];
      let digest: Digest = digestOf(blobInfoOf(bytes), "blake3");
      for (let i = 0; i < 10_000; i++) {
        levels.push(bytes);
        bytes = encodeReapiDirectory({ files: [], directories: [{ name: byteStringOf("d"), digest }], symlinks: [] });
        digest = digestOf(blobInfoOf(bytes), "blake3");
      }
      await blobs.writeMany([...levels, bytes].map((level) => ({ bytes: level })));
      const node = await trees.fromReapi(digest);
      expect(await trees.toReapi(node.digest, "blake3")).toEqual(digest);
    });

    it("refuses a small message that names more entries than anyone has", async () => {
      const { trees, blobs } = handle.store;
      let bytes = encodeReapiDirectory({
        files: [],
        directories: [],
        symlinks: [{ name: byteStringOf("l"), target: byteStringOf("t") }],
      });
      const levels: Uint8Array[] = [];
      for (let i = 0; i < 40; i++) {
        levels.push(bytes);
        const digest = digestOf(blobInfoOf(bytes), "sha256");
        const directories = ["a", "b"].map((child) => ({ name: byteStringOf(child), digest }));
        bytes = encodeReapiDirectory({ files: [], directories, symlinks: [] });
      }
      await blobs.writeMany([...levels, bytes].map((level) => ({ bytes: level })));
      const bomb = trees.fromReapi(digestOf(blobInfoOf(bytes), "sha256"));
      await expect(bomb).rejects.toEqual(rejectsWith(Code.InvalidArgument));
    });
  });
}
