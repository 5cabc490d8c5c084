import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyClosure, createCacheDestination, packerOf, type PathDestination } from "#src/nix/copy/index.js";
import { createSigner } from "#src/nix/registration/index.js";
import { hashPartOf, makeSecretKeyText, parseNarInfo, parseSecretKey } from "#src/formats/index.js";
import { Code } from "#src/status/index.js";
import {
  cachedPath,
  createFiles,
  openFake,
  pathOf,
  publish,
  STORE_DIR,
  type FakeFiles,
} from "../substitute/fake-cache.js";

let temporaryDirectory: string;
beforeEach(() => {
  temporaryDirectory = mkdtempSync(join(tmpdir(), "causeway-copy-test-"));
});
afterEach(() => rmSync(temporaryDirectory, { recursive: true, force: true }));

const [a, b] = [pathOf(1), pathOf(2)];
const pair = [cachedPath(a, "a", [b]), cachedPath(b, "b")] as const;
const otherKey = makeSecretKeyText("other-1", new Uint8Array(32).fill(9));

function sourceFiles(): FakeFiles {
  const files = createFiles("fake://from");
  for (const each of pair) publish(files, each);
  return files;
}
function destinationOf(files: FakeFiles, compression = "none", keys: readonly string[] = []): PathDestination {
  const signer = createSigner(keys, STORE_DIR);
  return createCacheDestination(files, {
    storeDir: STORE_DIR,
    packer: packerOf(compression),
    temporaryDirectory,
    signer,
  });
}
const copy = (from: FakeFiles, to: PathDestination): Promise<unknown> =>
  copyClosure([a], { from: openFake(from), to, storeDir: STORE_DIR, transfersMax: 4 });

function emptyFiles(): FakeFiles & { readonly puts: string[] } {
  const files = createFiles("fake://to");
  files.contents.clear();
  const puts: string[] = [];
  return {
    ...files,
    puts,
    async put(name, file, options) {
      puts.push(name);
      await files.put(name, file, options);
    },
  };
}

describe("a cache that is copied to", () => {
  it("is made, and written so that it always has whole closures", async () => {
    const files = emptyFiles();
    await copy(sourceFiles(), destinationOf(files));
    expect(files.contents.get("nix-cache-info")?.toString()).toBe(
      "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n",
    );
    const infos = files.puts.filter((name) => name.endsWith(".narinfo"));
    expect(infos).toEqual([b, a].map((path) => `${hashPartOf(path)}.narinfo`));
    expect(readdirSync(temporaryDirectory)).toEqual([]);
    expect(await copy(sourceFiles(), destinationOf(files))).toEqual([]);
  });

  it.each(["none", "zstd", "gzip", "br", "xz", "bzip2"])("can be read again, packed with %s", async (compression) => {
    const files = emptyFiles();
    await copy(sourceFiles(), destinationOf(files, compression));
    const offer = await openFake(files).find(a);
    expect(Buffer.concat(await Array.fromAsync(offer!.open()))).toEqual(pair[0].nar);
    expect(offer?.info).toMatchObject({ references: [b], signatures: pair[0].info.signatures });
  });

  it("has our signatures beside those that were there", async () => {
    const files = emptyFiles();
    await copy(sourceFiles(), destinationOf(files, "none", [otherKey]));
    const text = files.contents.get(`${hashPartOf(a)}.narinfo`)!.toString();
    const { signatures } = parseNarInfo(STORE_DIR, text);
    expect(signatures.map((signature) => signature.split(":")[0])).toEqual(["test-1", parseSecretKey(otherKey).name]);
  });

  it("gets nothing whose archive is not the one that was described", async () => {
    const from = createFiles("fake://from");
    publish(from, { ...pair[1], nar: cachedPath(b, "x").nar }, { fileHash: cachedPath(b, "x").info.narHash });
    publish(from, pair[0]);
    const files = emptyFiles();
    const failure = copy(from, destinationOf(files));
    await expect(failure).rejects.toThrow(`the archive of '/nix/store/${b}' is not the one that was described`);
    await expect(failure).rejects.toMatchObject({ code: Code.DataLoss });
    expect(files.puts.filter((name) => name.endsWith(".narinfo"))).toEqual([]);
    expect(readdirSync(temporaryDirectory)).toEqual([]);
  });

  it("is refused when it is for another store directory", async () => {
    const files = createFiles("fake://to");
    files.contents.set("nix-cache-info", Buffer.from("StoreDir: /gnu/store\n"));
    await expect(copy(sourceFiles(), destinationOf(files))).rejects.toThrow(
      "is for Nix stores with prefix '/gnu/store'",
    );
    expect(files.contents.size).toBe(1);
  });

  it("does not end well when it can be written only in part", async () => {
    const files = emptyFiles();
    const broken: FakeFiles = {
      ...files,
      async put(name, file) {
        if (name === `${hashPartOf(b)}.narinfo`) throw new Error("disk full");
        await files.put(name, file);
      },
    };
    await expect(copy(sourceFiles(), destinationOf(broken))).rejects.toThrow("disk full");
    expect([...files.contents.keys()].filter((name) => name.endsWith(".narinfo"))).toEqual([]);
  });

  it("is packed in no way that is not known", () => {
    for (const compression of ["lzip", "", "toString"])
      expect(() => packerOf(compression)).toThrow(/cannot pack archives with/);
  });
});
