import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { byteStringOf, encodeNar, type CastoreNode } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import {
  addPath,
  checkout,
  hashNarOf,
  importNar,
  listTree,
  narOf,
  nodeAt,
  readFileAt,
  verifyStore,
  withVerifiedReads,
  type BlobStore,
  type Store,
} from "@causeway/bridge/store";
import { collect, oneShot, seededBytes } from "../suites/bytes.js";
import { oddNames } from "../suites/directory-store-suite.js";
import type { StoreHandle } from "../suites/store-handle.js";
import { openDisk, openMemory } from "./open-stores.js";

const rejectsWith = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });
const hasNix = spawnSync("nix-store", ["--version"]).status === 0;

function removeTree(path: string): void {
  spawnSync("chmod", ["-R", "u+w", path]);
  fs.rmSync(path, { recursive: true, force: true });
}

/** A tree with all that a store path can hold. */
function makeTree(root: string): void {
  fs.mkdirSync(join(root, "odd"), { recursive: true });
  for (const name of oddNames()) {
    const path = Buffer.concat([Buffer.from(join(root, "odd") + "/"), Buffer.from(name, "latin1")]);
    fs.writeFileSync(path, Buffer.from(name, "latin1"));
  }
  fs.mkdirSync(join(root, "empty"));
  fs.writeFileSync(join(root, "nothing"), "");
  fs.writeFileSync(join(root, "program"), "#!/bin/sh\n", { mode: 0o744 });
  fs.writeFileSync(join(root, "group-only"), "x", { mode: 0o654 });
  fs.writeFileSync(join(root, "large"), seededBytes(3_000_001, 1));
  fs.writeFileSync(join(root, "large-program"), seededBytes(200_000, 2), { mode: 0o755 });
  fs.linkSync(join(root, "large"), join(root, "same"));
  fs.symlinkSync("../../etc/passwd", join(root, "outward"));
  fs.symlinkSync(Buffer.from([0xff, 0x2f, 0xfe]), join(root, "bytes"));
  let deep = join(root, "deep");
  for (let i = 0; i < 100; i++) fs.mkdirSync((deep = join(deep, "d")), { recursive: true });
  fs.writeFileSync(join(deep, "leaf"), "leaf");
}

const opens: Record<string, () => Promise<StoreHandle>> = { memory: () => openMemory(), disk: () => openDisk() };

describe.each(Object.entries(opens))("trees in a %s store", (_, open) => {
  let base: string;
  let handle: StoreHandle;
  let store: Store;
  beforeAll(() => {
    base = fs.mkdtempSync(join(tmpdir(), "causeway-tree-"));
    makeTree(join(base, "tree"));
  });
  afterAll(() => {
    removeTree(base);
  });
  beforeEach(async () => {
    handle = await open();
    store = handle.store;
  });
  afterEach(async () => {
    await handle.close();
    removeTree(join(base, "out"));
  });
  const tree = (): string => join(base, "tree");

  it.skipIf(!hasNix)("have the archive that nix-store dumps", async () => {
    const dump = execFileSync("nix-store", ["--dump", tree()], { maxBuffer: 1 << 26 });
    const added = await addPath(store, tree());
    expect(added.narHash).toBe(createHash("sha256").update(dump).digest("hex"));
    expect(added.narSizeBytes).toBe(dump.byteLength);
    expect((await collect(narOf(store, added.node))).equals(dump)).toBe(true);
    expect(await importNar(store, oneShot(dump, 777))).toEqual(added);
    expect(await hashNarOf(store, added.node)).toEqual({ narHash: added.narHash, narSizeBytes: added.narSizeBytes });
  });

  it("come out as they went in, with canonical modes and times", async () => {
    const added = await addPath(store, tree());
    for (const link of [false, true]) {
      const out = join(base, "out");
      await checkout(store, added.node, out, { link });
      const again = await addPath(store, out);
      expect(again).toEqual(added);
      const found = execFileSync("find", [out, "-printf", "%y %m %T@\\n"], { encoding: "utf8" }).trim().split("\n");
      const kinds = new Set(found.map((line) => line.replace(/\.0*$/, "")));
      expect([...kinds].sort()).toEqual(["d 555 1", "f 444 1", "f 555 1", "l 777 1"]);
      expect(fs.statSync(join(out, "program")).mode & 0o777).toBe(0o555);
      expect(fs.statSync(join(out, "group-only")).mode & 0o777).toBe(0o444);
      removeTree(out);
    }
    const read = await readFileAt(store, added.node, "large"); // Links did not let anyone change the store's own file.
    expect(Buffer.from(read).equals(seededBytes(3_000_001, 1))).toBe(true);
  });

  it("are listed in the order of the archive, and looked into by path", async () => {
    const { node } = await addPath(store, tree());
    const paths: string[] = [];
    for await (const { path } of listTree(store, node)) paths.push(path);
    expect(paths.slice(0, 4)).toEqual(["", "bytes", "deep", "deep/d"]);
    expect(paths).toHaveLength(new Set(paths).size);
    expect(Buffer.from(await readFileAt(store, node, "program")).toString()).toBe("#!/bin/sh\n");
    expect(await nodeAt(store, node, "outward")).toEqual({ type: "symlink", target: "../../etc/passwd" });
    for (const path of ["none", "outward/x", "..", "program/", "./program", "/program"])
      expect(await nodeAt(store, node, path)).toBeUndefined();
    await expect(readFileAt(store, node, "none")).rejects.toEqual(rejectsWith(Code.NotFound));
    await expect(readFileAt(store, node, "odd")).rejects.toEqual(rejectsWith(Code.FailedPrecondition));
  });

  it("may be a single file or a symlink, added by any path", async () => {
    const file = await addPath(store, Buffer.from(join(tree(), "program")));
    expect(file.node).toMatchObject({ type: "file", executable: true, size: 10 });
    expect(Buffer.from(await readFileAt(store, file.node, "")).toString()).toBe("#!/bin/sh\n");
    const link = await addPath(store, join(tree(), "outward"));
    expect(link.node).toEqual({ type: "symlink", target: "../../etc/passwd" });
    await checkout(store, link.node, join(base, "out"));
    expect(fs.readlinkSync(join(base, "out"))).toBe("../../etc/passwd");
  });

  it("are refused with Nix's words if they hold a fifo, and not found if they are not there", async () => {
    const odd = join(base, "with-fifo");
    fs.mkdirSync(odd, { recursive: true });
    expect(spawnSync("mkfifo", [join(odd, "fifo")]).status).toBe(0);
    await expect(addPath(store, odd)).rejects.toMatchObject({
      code: Code.InvalidArgument,
      message: `file '${odd}/fifo' has an unsupported type`,
    });
    await expect(addPath(store, "/dev/null")).rejects.toEqual(rejectsWith(Code.InvalidArgument));
    await expect(addPath(store, join(base, "none"))).rejects.toEqual(rejectsWith(Code.NotFound));
  });

  it("show their archive's bytes to an observer while they are added", async () => {
    const hash = createHash("sha256");
    const added = await addPath(store, tree(), { onNarChunk: (chunk) => void hash.update(chunk) });
    expect(hash.digest("hex")).toBe(added.narHash);
  });

  it("are not stored under the hash of other bytes when a file changes while it is added", async () => {
    const path = join(base, "changing");
    fs.writeFileSync(path, seededBytes(3_000_000, 3));
    let changed = false;
    const onNarChunk = (): void => {
      if (changed) return;
      changed = true;
      const fd = fs.openSync(path, "r+");
      for (const at of [10, 2_999_000]) fs.writeSync(fd, Buffer.from("changed"), 0, 7, at);
      fs.closeSync(fd);
    };
    const outcome = await addPath(store, path, { onNarChunk }).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toEqual(rejectsWith(Code.InvalidArgument));
    expect((await verifyStore(store, { contents: true })).problems).toEqual([]);
  });

  it("stop being added when the signal aborts", async () => {
    const signal = AbortSignal.abort();
    const dir = join(base, "many");
    fs.mkdirSync(dir, { recursive: true });
    for (let i = 0; i < 3_000; i++) fs.writeFileSync(join(dir, String(i)), String(i));
    await expect(addPath(store, dir, { signal })).rejects.toEqual(rejectsWith(Code.Cancelled));
  });

  it("are refused as archives that are malformed, cut off or too long", async () => {
    const { node } = await addPath(store, join(tree(), "odd"));
    const nar = await collect(narOf(store, node));
    for (const bad of [
      nar.subarray(0, nar.byteLength - 8),
      Buffer.concat([nar, Buffer.alloc(8)]),
      Buffer.from("nonsense"),
    ]) {
      const source = oneShot(bad, 1_000);
      await expect(importNar(store, source)).rejects.toEqual(rejectsWith(Code.InvalidArgument));
      expect(source.isClosed()).toBe(true);
    }
  });

  it("have the hash of what we write, also when the archive left out an empty file's contents", async () => {
    const canonical = Buffer.concat([
      ...encodeNar([{ type: "file", executable: false, sizeBytes: 0 }, { type: "end" }]),
    ]);
    const contents = Buffer.from("\x08\0\0\0\0\0\0\0contents\0\0\0\0\0\0\0\0", "latin1");
    const at = canonical.indexOf(contents);
    const short = Buffer.concat([canonical.subarray(0, at), canonical.subarray(at + contents.byteLength)]);
    const imported = await importNar(store, oneShot(short));
    expect(imported.narHash).toBe(createHash("sha256").update(canonical).digest("hex"));
    expect(imported.narSizeBytes).toBe(canonical.byteLength);
  });

  it("are not checked out over anything that exists, nor through a symlink", async () => {
    const { node } = await addPath(store, join(tree(), "odd"));
    const target = join(base, "existing");
    fs.mkdirSync(join(target, "inside"), { recursive: true });
    fs.symlinkSync(join(target, "inside"), join(target, "link"));
    for (const path of [target, join(target, "link")])
      await expect(checkout(store, node, path)).rejects.toEqual(rejectsWith(Code.AlreadyExists));
    expect(fs.readdirSync(join(target, "inside"))).toEqual([]);
  });
});

describe("a blob store that fails midway", () => {
  type Fault = "fails" | "ends early" | "changes a byte";

  /** Reads go wrong after some bytes; batches go wrong in their last blob. */
  function withFault(blobs: BlobStore, fault: Fault, afterBytes: number): BlobStore {
    const spoil = (bytes: Uint8Array): Uint8Array => {
      if (fault === "fails") throw new Error("injected");
      const copy = Uint8Array.from(bytes);
      if (fault === "ends early") return copy.subarray(0, Math.max(0, copy.byteLength - 1));
      copy[0]! ^= 1;
      return copy;
    };
    return {
      ...blobs,
      async *read(digest, options) {
        let at = 0;
        for await (const piece of blobs.read(digest, options)) {
          at += piece.byteLength;
          if (at <= afterBytes) yield piece;
          else {
            const bad = spoil(piece);
            if (bad.byteLength > 0) yield bad;
            return;
          }
        }
      },
      async readMany(digests, options) {
        const found = await blobs.readMany(digests, options);
        return found.map((bytes, i) => (bytes !== undefined && i === found.length - 1 ? spoil(bytes) : bytes));
      },
    };
  }

  it.each(["fails", "ends early", "changes a byte"] as const)(
    "that %s never makes an archive end well, nor lets wrong bytes through",
    async (fault) => {
      const handle = await openMemory();
      const { blobs, directories } = handle.store;
      const large = await blobs.write(oneShot(seededBytes(3_000_000, 1)));
      const small = await blobs.write(oneShot(seededBytes(1_000, 2)));
      for (const [info, size] of [
        [large, 3_000_000],
        [small, 1_000],
      ] as const) {
        const file: CastoreNode = { type: "file", digest: info.blake3, size, executable: false };
        const directory = { entries: [{ name: byteStringOf("f"), node: file }] };
        const [digest] = await directories.putMany([directory]);
        const root: CastoreNode = { type: "directory", digest: digest!, size: 2 };
        const faulty: Store = { ...handle.store, blobs: withVerifiedReads(withFault(blobs, fault, 1_500_000)) };
        const right = await collect(narOf(handle.store, root));
        const outcome = await collect(narOf(faulty, root)).then(
          (bytes) => (bytes.equals(right) ? "right" : "wrong"),
          () => "rejected",
        );
        expect(outcome).toBe("rejected");
      }
      await handle.close();
    },
  );
});
