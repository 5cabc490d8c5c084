import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { byteStringOf, type CastoreNode, type StorePath } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { closureOf, whyDepends, type PathInfo, type PathInfoStore } from "@causeway/bridge/store";
import { oneShot, seededBytes } from "./bytes.js";
import type { OpenStore, StoreHandle } from "./store-handle.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });

/** A store path for tests: its name, and a hash part made of it. */
export function testPath(name: string): StorePath {
  const digits = "0123456789abcdfghijklmnpqrsvwxyz";
  let hash = "";
  for (let i = 0; i < 32; i++) hash += digits[(name.charCodeAt(i % name.length) * (i + 7)) % 32]!;
  return `${hash}-${name}` as StorePath;
}

/** A path info with little in it. */
export function testPathInfo(name: string, references: readonly StorePath[] = [], node?: CastoreNode): PathInfo {
  return {
    path: testPath(name),
    node: node ?? { type: "symlink", target: byteStringOf(`/nowhere/${name}`) },
    narHash: "ab".repeat(32),
    narSizeBytes: 136,
    references: [...references].sort(),
    signatures: [],
    registrationTime: 1_700_000_000,
    ultimate: false,
  };
}

/** What every {@link PathInfoStore} must do. */
export function pathInfoStoreSuite(name: string, open: OpenStore): void {
  describe(`path info store: ${name}`, () => {
    let handle: StoreHandle;
    let pathInfos: PathInfoStore;
    beforeEach(async () => {
      handle = await open();
      pathInfos = handle.store.pathInfos;
    });
    afterEach(() => handle.close());

    const libc = testPathInfo("libc");
    const hello = testPathInfo("hello", [libc.path, testPath("hello")]);
    const user = testPathInfo("user", [hello.path]);

    async function list(store: PathInfoStore): Promise<StorePath[]> {
      const found: StorePath[] = [];
      for await (const info of store.list()) found.push(info.path);
      return found;
    }

    it("gives back what was registered, with everything that it may hold", async () => {
      const blob = await handle.store.blobs.write(oneShot(seededBytes(10, 1)));
      const full: PathInfo = {
        ...testPathInfo("full", [libc.path], { type: "file", digest: blob.blake3, size: 10, executable: true }),
        deriver: testPath("full.drv"),
        ca: { method: "nar", hash: { algorithm: "sha256", hex: "cd".repeat(32) } },
        signatures: ["cache.example.org-1:c2ln", "other-1:c2ln"],
        ultimate: true,
      };
      await pathInfos.putMany([libc, full]);
      expect(await pathInfos.get(full.path)).toEqual(full);
      expect(await pathInfos.getMany([full.path, testPath("none"), libc.path])).toEqual([full, undefined, libc]);
    });

    it("finds a path by its hash part", async () => {
      await pathInfos.putMany([libc, hello]);
      expect(await pathInfos.getByHashPart(hello.path.slice(0, 32))).toEqual(hello);
      expect(await pathInfos.getByHashPart("0".repeat(32))).toBeUndefined();
      expect(await pathInfos.getByHashPart(hello.path.slice(0, 31))).toBeUndefined();
    });

    it("refuses a path whose references are not valid, and registers nothing of the list", async () => {
      await expect(pathInfos.putMany([user, libc])).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
      expect(await list(pathInfos)).toEqual([]);
      await pathInfos.putMany([user, hello, libc]);
      expect(await list(pathInfos)).toEqual([libc.path, hello.path, user.path].sort());
    });

    it("refuses a path whose contents are not whole", async () => {
      const { blobs, directories } = handle.store;
      const absent: CastoreNode = { type: "file", digest: "12".repeat(32), size: 5, executable: false };
      const [digest] = await directories.putMany([{ entries: [{ name: byteStringOf("f"), node: absent }] }]);
      const wrongSize = await blobs.write(oneShot(seededBytes(10, 2)));
      for (const node of [
        absent,
        { type: "directory", digest: "34".repeat(32), size: 1 } as const,
        { type: "directory", digest: digest!, size: 2 } as const,
        { type: "file", digest: wrongSize.blake3, size: 11, executable: false } as const,
      ])
        await expect(pathInfos.putMany([testPathInfo("bad", [], node)])).rejects.toEqual(
          rejectsWith(Code.FailedPrecondition),
        );
      expect(await pathInfos.get(testPath("bad"))).toBeUndefined();
    });

    it("knows who refers to a path, itself apart", async () => {
      await pathInfos.putMany([libc, hello, user]);
      expect(await pathInfos.referrers(libc.path)).toEqual([hello.path]);
      expect(await pathInfos.referrers(hello.path)).toEqual([user.path]);
      expect(await pathInfos.referrers(user.path)).toEqual([]);
      await pathInfos.putMany([{ ...hello, references: [] }]);
      expect(await pathInfos.referrers(libc.path)).toEqual([]);
    });

    it("forgets only what nobody else refers to", async () => {
      await pathInfos.putMany([libc, hello, user]);
      await expect(pathInfos.forget([libc.path, hello.path])).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
      await pathInfos.forget([user.path, hello.path]);
      expect(await list(pathInfos)).toEqual([libc.path]);
      expect(await pathInfos.referrers(libc.path)).toEqual([]);
    });

    it("computes closures and chains of references", async () => {
      await pathInfos.putMany([libc, hello, user]);
      const paths = (await closureOf(pathInfos, [user.path])).map(({ path }) => path);
      expect(paths).toEqual([libc.path, hello.path, user.path].sort());
      expect(await whyDepends(pathInfos, user.path, libc.path)).toEqual([user.path, hello.path, libc.path]);
      expect(await whyDepends(pathInfos, libc.path, user.path)).toBeUndefined();
      await expect(closureOf(pathInfos, [testPath("none")])).rejects.toEqual(rejectsWith(Code.NotFound));
    });

    it("lists more paths than it holds at once, in their order", async () => {
      const many = Array.from({ length: 1_500 }, (_, i) => testPathInfo(`p${i}`));
      const paths = [...new Set(many.map(({ path }) => path))].sort();
      await pathInfos.putMany(many);
      expect(await list(pathInfos)).toEqual(paths);
    });

    it("remembers realisations", async () => {
      const drv = testPath("x.drv");
      expect(await pathInfos.getRealisation(drv, "out")).toBeUndefined();
      await pathInfos.putRealisation(drv, "out", libc.path);
      expect(await pathInfos.getRealisation(drv, "out")).toBe(libc.path);
      expect(await pathInfos.getRealisation(drv, "dev")).toBeUndefined();
    });

    it("still has them after reopening, if the store says so", async () => {
      if (!handle.store.blobs.supports.persistence) return;
      await pathInfos.putMany([libc, hello]);
      const again = (await handle.reopen()).pathInfos;
      expect(await again.get(hello.path)).toEqual(hello);
      expect(await again.referrers(libc.path)).toEqual([hello.path]);
    });
  });
}
