import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyHash } from "@causeway/bridge/digest";
import {
  byteStringFrom,
  byteStringOf,
  directoryDigest,
  sizeOf,
  type ByteString,
  type CastoreDirectory,
  type CastoreNode,
} from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import type { DirectoryStore } from "@causeway/bridge/store";
import type { OpenStore, StoreHandle } from "./store-handle.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

/** The node by which a parent names a directory. */
export function nodeOfDirectory(directory: CastoreDirectory): CastoreNode & { type: "directory" } {
  return { type: "directory", digest: directoryDigest(directory), size: sizeOf(directory, "legacy") };
}

/** Every byte that a name may hold, each in a name of its own. */
export function oddNames(): ByteString[] {
  const names: ByteString[] = [];
  for (let byte = 1; byte < 256; byte++)
    if (byte !== 0x2f && byte !== 0x2e) names.push(byteStringFrom(Buffer.of(byte)));
  names.push(byteStringOf("..."), byteStringOf("a".repeat(255)), byteStringFrom(Buffer.from([0x2e, 0xff])));
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** What every {@link DirectoryStore} must do. */
export function directoryStoreSuite(name: string, open: OpenStore): void {
  describe(`directory store: ${name}`, () => {
    let handle: StoreHandle;
    let directories: DirectoryStore;
    beforeEach(async () => {
      handle = await open();
      directories = handle.store.directories;
    });
    afterEach(() => handle.close());

    const keep: CastoreDirectory = {
      entries: [
        { name: byteStringOf(".keep"), node: { type: "file", digest: emptyHash.blake3, size: 0, executable: false } },
      ],
    };
    const parent: CastoreDirectory = {
      entries: [
        { name: byteStringOf(".keep"), node: { type: "file", digest: emptyHash.blake3, size: 0, executable: false } },
        { name: byteStringOf("aa"), node: { type: "symlink", target: byteStringOf("/nix/store/somewhereelse") } },
        { name: byteStringOf("keep"), node: nodeOfDirectory(keep) },
      ],
    };

    it("always has the empty directory", async () => {
      expect(await directories.get(emptyHash.blake3)).toEqual({ entries: [] });
      expect(await directories.putMany([{ entries: [] }])).toEqual([emptyHash.blake3]);
    });

    it("gives the digests that Tvix gives, and the directories back", async () => {
      expect(await directories.putMany([keep, parent])).toEqual([
        "8b5b5d642b646bb8ed504b0862c39413e87e57491497de7bd075953f7b83810e",
        "424a7f6ce08d805d15b428062faae96299a1675d708c3a39261afe38cdd04feb",
      ]);
      expect(await directories.get(directoryDigest(parent))).toEqual(parent);
      expect(await directories.get("00".repeat(32))).toBeUndefined();
    });

    it("refuses a directory whose child is neither there nor earlier in the list", async () => {
      await expect(directories.putMany([parent])).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
      await expect(directories.putMany([parent, keep])).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
      expect(await directories.get(directoryDigest(keep))).toBeUndefined();
      await directories.putMany([keep]);
      await directories.putMany([parent]);
      expect(await directories.get(directoryDigest(parent))).toEqual(parent);
    });

    it("refuses malformed directories", async () => {
      const target = byteStringOf("x");
      const link = (name: string): CastoreDirectory["entries"][number] => ({
        name: byteStringOf(name),
        node: { type: "symlink", target },
      });
      for (const entries of [[link("b"), link("a")], [link("a"), link("a")], [link("..")], [link("a/b")], [link("")]])
        await expect(directories.putMany([{ entries }])).rejects.toEqual(rejectsWith(Code.InvalidArgument));
    });

    it("refuses a child of another size than the parent says, and takes both rules in use", async () => {
      const child: CastoreDirectory = { entries: [...parent.entries] };
      await directories.putMany([keep, child]);
      const wrap = (size: number): CastoreDirectory => ({
        entries: [{ name: byteStringOf("d"), node: { ...nodeOfDirectory(child), size } }],
      });
      await expect(directories.putMany([wrap(1)])).rejects.toEqual(rejectsWith(Code.InvalidArgument));
      await expect(directories.putMany([wrap(9)])).rejects.toEqual(rejectsWith(Code.InvalidArgument));
      await directories.putMany([wrap(8)]);
    });

    it("keeps every byte that a name may have", async () => {
      const entries = oddNames().map((odd) => ({ name: odd, node: { type: "symlink", target: odd } as const }));
      const [digest] = await directories.putMany([{ entries }]);
      expect(await directories.get(digest!)).toEqual({ entries });
    });

    it("still has them after reopening, if the store says so", async () => {
      if (!handle.store.blobs.supports.persistence) return;
      await directories.putMany([keep, parent]);
      expect(await (await handle.reopen()).directories.get(directoryDigest(parent))).toEqual(parent);
    });
  });
}
