import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import { hashPartOf, NAR_INFO_BYTES_MAX, type NarInfo } from "#src/formats/index.js";
import { Code, StatusError } from "#src/status/index.js";
import {
  cachedPath,
  createClock,
  createFiles,
  hang,
  inPieces,
  openFake,
  pathOf,
  publish,
  type FakeFiles,
} from "./fake-cache.js";

const path = pathOf(1);
const other = pathOf(2);
const cached = cachedPath(path, "some contents", [other]);
const narInfoName = `${hashPartOf(path)}.narinfo`;

/** What comes of fetching {@link path}, whose narinfo says something else than is right. */
async function fetched(files: FakeFiles, changed: Partial<NarInfo> = {}): Promise<Buffer> {
  publish(files, cached, changed);
  const offer = await openFake(files).find(path);
  return Buffer.concat(await Array.fromAsync(offer!.open()));
}

describe("a binary cache", () => {
  it("gives what it says that it has", async () => {
    const files = createFiles();
    expect(await fetched(files)).toEqual(cached.nar);
    expect((await openFake(files).find(path))?.info.references).toEqual([other]);
    expect(await openFake(files).find(other)).toBeUndefined();
  });

  it.each([
    ["gzip", gzipSync(cached.nar)],
    ["zstd", zstdCompressSync(cached.nar)],
  ])("gives what is packed with %s", async (compression, packed) => {
    const files = createFiles();
    const fileHash = { algorithm: "sha256", hex: hashBytes("sha256", packed) } as const;
    publish(files, { ...cached, nar: packed }, { compression, fileHash, fileSizeBytes: packed.byteLength });
    const offer = await openFake(files).find(path);
    expect(Buffer.concat(await Array.fromAsync(offer!.open()))).toEqual(cached.nar);
  });

  it.each<[string, Partial<NarInfo>, string]>([
    ["a file that is larger than it says", { fileSizeBytes: cached.nar.byteLength - 1 }, "is larger than the"],
    ["a file that is smaller than it says", { fileSizeBytes: cached.nar.byteLength + 1 }, "ends after"],
    ["a file with another hash", { fileHash: { algorithm: "sha256", hex: "0".repeat(64) } }, "has not the hash"],
    ["an archive that is larger than it says", { narSizeBytes: cached.nar.byteLength - 1 }, "is larger than the"],
  ])("is not believed when it has %s", async (_, changed, message) => {
    const failure = fetched(createFiles(), changed);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: Code.DataLoss });
  });

  it("is not followed without end: what it packed may be endless", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const files = createFiles();
    const { url, narHash, narSizeBytes, references, signatures } = cached.info;
    const info = { path, url, narHash, narSizeBytes, references, signatures, compression: "gzip" };
    publish(files, { nar: bomb, info });
    const offer = await openFake(files).find(path);
    let received = 0;
    const read = async (): Promise<void> => {
      for await (const piece of offer!.open()) received += piece.byteLength;
    };
    await expect(read()).rejects.toMatchObject({ code: Code.DataLoss });
    expect(received).toBeLessThanOrEqual(cached.nar.byteLength);
  });

  it.each([
    ["lzip", Code.Unimplemented],
    ["xz", Code.DataLoss],
    ["zstd", Code.DataLoss],
  ])("fails for an archive that is not packed with %s, as it says", async (compression, code) => {
    await expect(fetched(createFiles(), { compression })).rejects.toMatchObject({ code });
  });

  it.each([
    ["is empty", ""],
    ["is cut off", `StorePath: /nix/store/${path}\nURL: x`],
    ["is a page", "<html>\n"],
    ["lacks the hash", `StorePath: /nix/store/${path}\nURL: x\nNarSize: 1\n`],
    [
      "is about another path",
      `StorePath: /nix/store/${other}\nURL: x\nNarSize: 1\nNarHash: sha256:${"0".repeat(64)}\n`,
    ],
    [
      "has another kind of hash",
      `StorePath: /nix/store/${path}\nURL: x\nNarSize: 1\nNarHash: sha1:${"0".repeat(40)}\n`,
    ],
  ])("is said to be corrupt when its narinfo %s", async (_, text) => {
    const files = createFiles();
    files.contents.set(narInfoName, Buffer.from(text));
    const failure = openFake(files).find(path);
    await expect(failure).rejects.toThrow(/^NAR info file 'fake:\/\/cache\/0{31}1\.narinfo' is corrupt: /);
    await expect(failure).rejects.toMatchObject({ code: Code.DataLoss });
  });

  it("is not read on when its narinfo is too large", async () => {
    const files = createFiles();
    let sent = 0;
    files.contents.set(narInfoName, async function* () {
      for (;;) {
        sent += 1 << 20;
        yield Buffer.alloc(1 << 20, 0x61);
      }
    });
    await expect(openFake(files).find(path)).rejects.toMatchObject({ code: Code.ResourceExhausted });
    expect(sent).toBeLessThanOrEqual(NAR_INFO_BYTES_MAX + (1 << 20));
  });

  it.each([
    ["is for another store directory", "StoreDir: /gnu/store\n", "is for Nix stores with prefix '/gnu/store'"],
    ["names no store directory", "<html>\n", "does not appear to be a binary cache"],
  ])("is refused when it %s", async (_, text, message) => {
    const files = createFiles();
    publish(files, cached);
    files.contents.set("nix-cache-info", Buffer.from(text));
    const cache = openFake(files);
    await expect(cache.find(path)).rejects.toThrow(message);
    await expect(cache.find(path)).rejects.toThrow(message);
    expect(files.asked).toEqual(["nix-cache-info"]);
  });

  it("is refused when there is none", async () => {
    const files = createFiles();
    files.contents.clear();
    await expect(openFake(files).find(path)).rejects.toThrow("does not appear to be a binary cache");
  });

  it("remembers what it had, and for a shorter time what it had not", async () => {
    const files = createFiles();
    const clock = createClock();
    publish(files, cached);
    const cache = openFake(files, { clock, positiveTtlMs: 5_000, negativeTtlMs: 1_000 });
    const ask = async (): Promise<string[]> => {
      files.asked.length = 0;
      await Promise.all([cache.find(path), cache.find(other)]);
      return files.asked.map((name) => name.slice(31));
    };
    await cache.describe();
    expect((await ask()).sort()).toEqual(["1.narinfo", "2.narinfo"]);
    expect(await ask()).toEqual([]);
    clock.now += 1_000;
    expect(await ask()).toEqual(["2.narinfo"]);
    clock.now += 4_000;
    expect((await ask()).sort()).toEqual(["1.narinfo", "2.narinfo"]);
  });

  it("is asked anew for what it could not give", async () => {
    const files = createFiles();
    publish(files, cached);
    const cache = openFake(files);
    const offer = await cache.find(path);
    files.contents.delete(cached.info.url);
    await expect(Array.fromAsync(offer!.open())).rejects.toMatchObject({ code: Code.NotFound });
    files.contents.delete(narInfoName);
    expect(await cache.find(path)).toBeUndefined();
  });

  it("that does not answer is waited for once, and then left alone for a while, longer each time", async () => {
    const files = createFiles();
    const clock = createClock();
    files.onOpen = (_, signal) => hang(signal);
    const cache = openFake(files, { clock, contactTimeoutMs: 20, awayMs: 1_000 });
    const late = { code: Code.DeadlineExceeded };
    await Promise.all([1, 2, 3].map((n) => expect(cache.find(pathOf(n))).rejects.toMatchObject(late)));
    expect(files.asked).toHaveLength(1);
    await expect(cache.find(path)).rejects.toMatchObject(late);
    clock.now += 1_000;
    await expect(cache.find(path)).rejects.toMatchObject(late);
    expect(files.asked).toHaveLength(2);
    clock.now += 1_999;
    await expect(cache.find(path)).rejects.toMatchObject(late);
    expect(files.asked).toHaveLength(2);
    clock.now += 1;
    files.onOpen = () => undefined;
    expect(await cache.find(path)).toBeUndefined();
  });

  it("that falls silent later is left alone, too", async () => {
    const files = createFiles();
    const cache = openFake(files, { queryTimeoutMs: 20 });
    await cache.describe();
    files.onOpen = (_, signal) => hang(signal);
    await expect(cache.find(path)).rejects.toThrow("did not answer within 0.02 s");
    await expect(cache.find(other)).rejects.toThrow("did not answer");
    expect(files.asked).toEqual(["nix-cache-info", narInfoName]);
  });

  it("is not held to be away when only we do not want to wait any more", async () => {
    const files = createFiles();
    publish(files, cached);
    const cache = openFake(files);
    await cache.describe();
    files.onOpen = (_, signal) => hang(signal);
    const leaving = new AbortController();
    const left = cache.find(path, leaving.signal);
    leaving.abort(new StatusError(Code.Cancelled, "left"));
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    files.onOpen = () => undefined;
    expect(await cache.find(path)).toBeDefined();
  });

  it("gives an archive whose connection breaks as what it is: not whole", async () => {
    const files = createFiles();
    publish(files, cached);
    files.contents.set(cached.info.url, async function* () {
      yield* inPieces(cached.nar.subarray(0, 40));
      throw new StatusError(Code.Unavailable, "broken");
    });
    const offer = await openFake(files).find(path);
    await expect(Array.fromAsync(offer!.open())).rejects.toMatchObject({ code: Code.Unavailable });
  });
});
