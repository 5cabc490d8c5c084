import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  blobInfoOf,
  digestBytes,
  digestOf,
  digestFunctions,
  type Digest,
  type DigestFunction,
} from "@causeway/bridge/digest";
import {
  byteStringOf,
  encodeActionResult,
  encodeReapiDirectory,
  encodeTree,
  type ActionResult,
} from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import type { OpenStore, StoreHandle } from "./store-handle.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });
const nothing: ActionResult = { outputFiles: [], outputDirectories: [], outputSymlinks: [], exitCode: 0 };

/** What every {@link ActionCache} must do. */
export function actionCacheSuite(name: string, open: OpenStore): void {
  describe(`action cache: ${name}`, () => {
    let handle: StoreHandle;
    beforeEach(async () => {
      handle = await open();
    });
    afterEach(() => handle.close());

    const action = (fn: DigestFunction): Digest => digestBytes(fn, Buffer.from("an action"));
    const store = async (bytes: Uint8Array, fn: DigestFunction): Promise<Digest> => {
      const [info] = await handle.store.blobs.writeMany([{ bytes }]);
      return digestOf(info!, fn);
    };

    it("answers with the bytes that were put, until they are removed", async () => {
      const { actionCache } = handle.store;
      const result = Buffer.concat([encodeActionResult(nothing), Buffer.from([0xfa, 0x3e, 0x01, 0x41])]); // With an unknown field.
      expect(await actionCache.get(action("sha256"))).toBeUndefined();
      await actionCache.put(action("sha256"), result);
      expect(Buffer.from((await actionCache.get(action("sha256")))!)).toEqual(result);
      expect(await actionCache.get(action("blake3"))).toBeUndefined();
      await actionCache.remove(action("sha256"));
      await actionCache.remove(action("sha256"));
      expect(await actionCache.get(action("sha256"))).toBeUndefined();
    });

    it("knows actions by their hash, whatever size is said", async () => {
      const { actionCache } = handle.store;
      await actionCache.put(action("sha256"), encodeActionResult(nothing));
      expect(await actionCache.get({ ...action("sha256"), sizeBytes: 1 } as Digest)).toBeDefined();
    });

    it("refuses what is no ActionResult", async () => {
      const put = handle.store.actionCache.put(action("sha256"), Buffer.from([0x12, 0x7f]));
      await expect(put).rejects.toEqual(rejectsWith(Code.InvalidArgument));
    });

    it.each(digestFunctions)("refuses a result that names an absent blob, and says which (%s)", async (fn) => {
      const { actionCache } = handle.store;
      const absent = digestOf(blobInfoOf(Buffer.from("absent")), fn);
      const file = await store(Buffer.from("file"), fn);
      const subject = `blobs/${fn === "blake3" ? "blake3/" : ""}${absent.hash}/6`;
      const directory = encodeReapiDirectory({
        files: [{ name: byteStringOf("f"), digest: absent, isExecutable: false }],
        directories: [],
        symlinks: [],
      });
      const tree = await store(encodeTree(directory, []), fn);
      const root = await store(directory, fn);
      const out = byteStringOf("out");
      for (const result of [
        { ...nothing, outputFiles: [{ path: out, digest: absent, isExecutable: false }] },
        { ...nothing, stdoutDigest: absent },
        { ...nothing, stderrDigest: absent },
        { ...nothing, outputDirectories: [{ path: out, treeDigest: absent }] },
        { ...nothing, outputDirectories: [{ path: out, treeDigest: tree }] },
        { ...nothing, outputDirectories: [{ path: out, rootDirectoryDigest: root }] },
        { ...nothing, outputFiles: [{ path: out, digest: file, isExecutable: true }], stderrDigest: absent },
      ] satisfies ActionResult[]) {
        const put = actionCache.put(action(fn), encodeActionResult(result));
        await expect(put).rejects.toMatchObject({
          code: Code.FailedPrecondition,
          details: [{ kind: "missing-blobs", subjects: [subject] }],
        });
        expect(await actionCache.get(action(fn))).toBeUndefined();
      }
    });

    it.each(digestFunctions)("takes a result whose trees are whole (%s)", async (fn) => {
      const { actionCache } = handle.store;
      const file = await store(Buffer.from("file"), fn);
      const child = encodeReapiDirectory({
        files: [{ name: byteStringOf("f"), digest: file, isExecutable: false }],
        directories: [],
        symlinks: [],
      });
      const childDigest = await store(child, fn);
      const root = encodeReapiDirectory({
        files: [],
        directories: [{ name: byteStringOf("d"), digest: childDigest }],
        symlinks: [],
      });
      const result = encodeActionResult({
        ...nothing,
        outputDirectories: [
          {
            path: byteStringOf("out"),
            treeDigest: await store(encodeTree(root, [child]), fn),
            rootDirectoryDigest: await store(root, fn),
          },
        ],
      });
      await actionCache.put(action(fn), result);
      expect(Buffer.from((await actionCache.get(action(fn)))!)).toEqual(Buffer.from(result));
    });

    it("still has entries after reopening, if the store says so", async () => {
      if (!handle.store.blobs.supports.persistence) return;
      await handle.store.actionCache.put(action("blake3"), encodeActionResult({ ...nothing, exitCode: 3 }));
      expect(await (await handle.reopen()).actionCache.get(action("blake3"))).toBeDefined();
    });
  });
}
