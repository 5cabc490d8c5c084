import { describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import {
  CastoreError,
  acceptsSize,
  byteStringFrom,
  byteStringOf,
  checkName,
  checkTarget,
  decodeDirectory,
  decodeEntry,
  directoryDigest,
  encodeDirectory,
  encodeEntry,
  sizeOf,
  type ByteString,
  type CastoreDirectory,
  type CastoreEntry,
  type CastoreErrorKind,
  type CastoreNode,
} from "#src/formats/index.js";

// Values of Tvix, castore/src/fixtures.rs.
const EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const HELLO = "5ca7815adcb484e9a136c11efe69c1d530176d549b5d18d038eb5280b4b3470c";
const WITH_KEEP = "8b5b5d642b646bb8ed504b0862c39413e87e57491497de7bd075953f7b83810e";
const COMPLICATED_LEGACY = "424a7f6ce08d805d15b428062faae96299a1675d708c3a39261afe38cdd04feb";
const COMPLICATED_SPEC = "3f951a15afd586fb3121ef4d13d582e811ce0e5a7f21c0497fd87490e9e2355a";
const A = EMPTY;
const B = "8701f4722d8dae7f2c40fa003331b8437a3825f9e1bfd3a77998c64cc226b9cc";
const C = "78eb200ae0cc95d4ea954655fbcf91e285013a261310e161927f2401d2bca803";
const D_SPEC = "99922a5c1801805287a647af73bca0ed7352a5f7f373e54992795bcc4a235213";
const D_LEGACY = "76cd8b55b37333961c1778ba997e57df92e219926ae5a66c414b810331a77603";

const dir = (name: string, digest: string, size: number): CastoreEntry => ({
  name: byteStringOf(name),
  node: { type: "directory", digest, size },
});
const file = (name: string, digest = EMPTY, size = 0, executable = false): CastoreEntry => ({
  name: byteStringOf(name),
  node: { type: "file", digest, size, executable },
});
const symlink = (name: string, target: string): CastoreEntry => ({
  name: byteStringOf(name),
  node: { type: "symlink", target: byteStringOf(target) },
});
const directory = (...entries: CastoreEntry[]): CastoreDirectory => ({ entries });
const complicated = (keepSize: number): CastoreDirectory =>
  directory(file(".keep"), symlink("aa", "/nix/store/somewhereelse"), dir("keep", WITH_KEEP, keepSize));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const ascii = (text: string): string => Buffer.from(text).toString("hex");

/** One record of a message: key, length, body. */
const record = (field: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(BigInt(body.length))]), body]);
function varint(value: bigint): number[] {
  const bytes = [];
  for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  return [...bytes, Number(value)];
}
const rawNode = (name: string, second: Buffer, size?: bigint): Buffer =>
  Buffer.concat([
    record(1, Buffer.from(name, "latin1")),
    record(2, second),
    size === undefined ? Buffer.alloc(0) : Buffer.from([0x18, ...varint(size)]),
  ]);
const digest = Buffer.from(EMPTY, "hex");

describe("a castore directory", () => {
  it.each<[string, CastoreDirectory, string, number, number]>([
    ["DIRECTORY_A", directory(), A, 0, 0],
    ["DIRECTORY_WITH_KEEP", directory(file(".keep")), WITH_KEEP, 1, 2],
    ["DIRECTORY_COMPLICATED, legacy", complicated(2), COMPLICATED_LEGACY, 5, 8],
    ["DIRECTORY_COMPLICATED, spec", complicated(1), COMPLICATED_SPEC, 4, 7],
    ["DIRECTORY_B", directory(dir("a", A, 0)), B, 1, 2],
    ["DIRECTORY_C", directory(dir("a", A, 0), dir("a'", A, 0)), C, 2, 4],
    ["DIRECTORY_D, spec", directory(dir("a", A, 0), dir("b", B, 1)), D_SPEC, 3, 5],
    ["DIRECTORY_D, legacy", directory(dir("a", A, 0), dir("b", B, 2)), D_LEGACY, 4, 6],
  ])("has the digest and sizes of %s, and reads back", (_, value, want, spec, legacy) => {
    expect(directoryDigest(value)).toBe(want);
    expect([sizeOf(value, "spec"), sizeOf(value, "legacy")]).toEqual([spec, legacy]);
    expect(decodeDirectory(encodeDirectory(value))).toEqual(value);
  });

  it("has the bytes that Tvix writes", () => {
    expect(hex(encodeDirectory(directory()))).toBe("");
    expect(hex(encodeDirectory(directory(file(".keep"))))).toBe(`12290a052e6b6565701220${EMPTY}`);
    expect(hex(encodeDirectory(directory(dir("a", A, 0))))).toBe(`0a250a01611220${EMPTY}`);
    for (const size of [1, 2])
      expect(hex(encodeDirectory(complicated(size)))).toBe(
        `0a2a0a046b6565701220${WITH_KEEP}180${String(size)}12290a052e6b6565701220${EMPTY}` +
          `1a1e0a0261611218${ascii("/nix/store/somewhereelse")}`,
      );
  });

  it("hashes blobs as Tvix does", () => {
    const pattern = Buffer.alloc(255 * 4096, Buffer.from(Array.from({ length: 255 }, (_, i) => i)));
    expect(hashBytes("blake3", Buffer.from("Hello World!"))).toBe(HELLO);
    expect(hashBytes("blake3", Buffer.from([0, 1]))).toBe(
      "7b7015bb92cf0b318037702a6cdd81dee41224f734684c2c122cd6359cb1ee63",
    );
    expect(hashBytes("blake3", pattern)).toBe("a82c5154a7a0c262c6fdb929a317585646f8fbcf80326d0a7b8747edaf2d99d2");
    expect(hashBytes("blake3", Buffer.from([1]))).toBe(
      "48fc721fbbc172e0925fa27af1671de225ba927134802998b10a1568a188652b",
    );
    expect(hashBytes("blake3", Buffer.from("Hello World"))).toBe(
      "41f8394111eb713a22165c46c90ab8f0fd9399c92028fd6d288944b23ff5bf76",
    );
  });

  it("keeps names and targets that are not UTF-8, flags and large sizes", () => {
    const odd: CastoreDirectory = directory(file("large", HELLO, 2 ** 52 + 3, true), {
      name: byteStringFrom(Buffer.from([0xc3, 0x28])),
      node: { type: "symlink", target: byteStringFrom(Buffer.from([0xff])) },
    });
    expect(decodeDirectory(encodeDirectory(odd))).toEqual(odd);
  });

  it("is accepted by any size from the specification's to the legacy one", () => {
    const value = complicated(2);
    expect([4, 5, 6, 8, 9].map((claimed) => acceptsSize(value, claimed))).toEqual([false, true, true, true, false]);
  });

  it("is encoded only when its entries are valid and in order", () => {
    expect(kindOf(() => encodeDirectory(directory(file("b"), file("a"))))).toBe("wrong-sorting");
    expect(kindOf(() => encodeDirectory(directory(file("a"), dir("a", A, 0))))).toBe("duplicate-name");
    expect(kindOf(() => encodeDirectory(directory(file("a/b"))))).toBe("invalid-name");
    expect(kindOf(() => encodeDirectory(directory(symlink("a", ""))))).toBe("invalid-symlink-target");
    expect(kindOf(() => encodeDirectory(directory(file("a", "AF"))))).toBe("invalid-digest");
    expect(kindOf(() => encodeDirectory(directory(file("a", EMPTY, -1))))).toBe("size-overflow");
  });

  it("ignores unknown fields and the order of the lists on the wire", () => {
    const bytes = Buffer.concat([
      record(3, rawNode("s", Buffer.from("t"))),
      Buffer.from([0x78, 0x96, 0x01, 0x7b, 0x08, 0x01, 0x7c, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8]),
      record(9, Buffer.from("new")),
      record(1, rawNode("d", digest, 7n)),
    ]);
    expect(decodeDirectory(bytes)).toEqual(directory(dir("d", EMPTY, 7), symlink("s", "t")));
  });

  const u64Max = 2n ** 64n - 1n;
  it.each<[string, Buffer[], CastoreErrorKind, string | undefined]>([
    ["unsorted directories", [record(1, rawNode("b", digest)), record(1, rawNode("a", digest))], "wrong-sorting", "a"],
    ["unsorted symlinks", [record(3, rawNode("b", digest)), record(3, rawNode("a", digest))], "wrong-sorting", "a"],
    [
      "a name twice in a list",
      [record(2, rawNode("a", digest)), record(2, rawNode("a", digest))],
      "duplicate-name",
      "a",
    ],
    ["a first empty name", [record(2, rawNode("", digest))], "invalid-name", ""],
    ["a short digest", [record(2, rawNode("a", digest.subarray(1)))], "invalid-digest", "a"],
    ["no digest", [record(1, record(1, Buffer.from("a")))], "invalid-digest", "a"],
    ["an empty target", [record(3, rawNode("a", Buffer.alloc(0)))], "invalid-symlink-target", "a"],
    ["a target of 4096 bytes", [record(3, rawNode("a", Buffer.alloc(4096, "x")))], "invalid-symlink-target", "a"],
    ["a target with NUL", [record(3, rawNode("a", Buffer.from("x\0")))], "invalid-symlink-target", "a"],
    ["a name with a slash", [record(2, rawNode("a/b", digest))], "invalid-name", "a/b"],
    ["the name ..", [record(1, rawNode("..", digest))], "invalid-name", ".."],
    ["a name in two lists", [record(1, rawNode("a", digest)), record(2, rawNode("a", digest))], "duplicate-name", "a"],
    ["a size above 2^53", [record(1, rawNode("a", digest, u64Max))], "size-overflow", "a"],
    [
      "sizes that add up to more than 2^53",
      [record(1, rawNode("a", digest, 2n ** 53n - 1n)), record(1, rawNode("b", digest, 1n))],
      "size-overflow",
      undefined,
    ],
    ["the digest's fault before the name's", [record(2, rawNode("a/b", Buffer.alloc(1)))], "invalid-digest", "a/b"],
    ["a record that is cut off", [record(2, rawNode("a", digest)).subarray(0, 20)], "malformed", undefined],
    ["an end of a group", [Buffer.from([0x7c])], "malformed", undefined],
    ["a varint of eleven bytes", [Buffer.from([0x78, ...Array<number>(11).fill(0x80)])], "malformed", undefined],
    ["another wire type", [Buffer.from([0x08, 0x01])], "malformed", undefined],
  ])("is refused with %s", (_, parts, kind, name) => {
    const error = errorOf(() => decodeDirectory(Buffer.concat(parts)));
    expect(error.kind).toBe(kind);
    expect(error.entryName).toBe(name);
  });

  it("is sorted in each list by itself, and read as one list", () => {
    const bytes = Buffer.concat([
      record(1, rawNode("b", digest)),
      record(1, rawNode("c", digest)),
      record(3, rawNode("a", Buffer.from("t"))),
      record(3, rawNode("d", Buffer.from("t"))),
    ]);
    expect(decodeDirectory(bytes).entries.map((entry) => entry.name)).toEqual(["a", "b", "c", "d"]);
  });
});

describe("an anonymous castore entry", () => {
  it.each<[string, CastoreNode, string]>([
    [
      "symlink",
      { type: "symlink", target: byteStringOf("/nix/store/somewhereelse") },
      "GhoSGC9uaXgvc3RvcmUvc29tZXdoZXJlZWxzZQ",
    ],
    [
      "helloworld",
      { type: "file", digest: HELLO, size: 12, executable: false },
      "EiQSIFyngVrctITpoTbBHv5pwdUwF21Um10Y0DjrUoC0s0cMGAw",
    ],
    [
      "complicated, legacy",
      { type: "directory", digest: COMPLICATED_LEGACY, size: 8 },
      "CiQSIEJKf2zgjYBdFbQoBi-q6WKZoWddcIw6OSYa_jjN0E_rGAg",
    ],
    [
      "complicated, spec",
      { type: "directory", digest: COMPLICATED_SPEC, size: 4 },
      "CiQSID-VGhWv1Yb7MSHvTRPVgugRzg5afyHASX_YdJDp4jVaGAQ",
    ],
  ])("of %s has the bytes of a nar-bridge URL", (_, node, url) => {
    expect(Buffer.from(encodeEntry(node)).toString("base64url")).toBe(url);
    expect(decodeEntry(Buffer.from(url, "base64url"))).toEqual(node);
  });

  it("is refused without a case, with a name, and with a bad node", () => {
    expect(kindOf(() => decodeEntry(Buffer.alloc(0)))).toBe("no-entry-set");
    expect(kindOf(() => decodeEntry(record(2, rawNode("a", digest))))).toBe("name-in-anonymous-node");
    expect(kindOf(() => decodeEntry(record(2, record(2, Buffer.alloc(31)))))).toBe("invalid-digest");
    expect(kindOf(() => decodeEntry(record(3, record(2, Buffer.alloc(4096, "x")))))).toBe("invalid-symlink-target");
    expect(kindOf(() => encodeEntry({ type: "symlink", target: "" as ByteString }))).toBe("invalid-symlink-target");
  });
});

describe("names and targets", () => {
  it("end at 255 and 4095 bytes", () => {
    expect(() => checkName("x".repeat(255) as ByteString)).not.toThrow();
    expect(kindOf(() => checkName("x".repeat(256) as ByteString))).toBe("invalid-name");
    expect(() => checkTarget("x".repeat(4095) as ByteString)).not.toThrow();
    expect(kindOf(() => checkTarget("x".repeat(4096) as ByteString))).toBe("invalid-symlink-target");
  });

  it.each(["", ".", "..", "a/b", "/", "a\0"])("may not be %j", (name) => {
    expect(kindOf(() => checkName(name as ByteString))).toBe("invalid-name");
  });

  it.each(["...", ".a", " ", "\xff", "a\n"])("may be %j", (name) => {
    expect(() => checkName(name as ByteString)).not.toThrow();
  });
});

function errorOf(run: () => unknown): CastoreError {
  try {
    run();
  } catch (reason) {
    if (reason instanceof CastoreError) return reason;
    throw reason;
  }
  throw new Error("did not throw");
}

function kindOf(run: () => unknown): CastoreErrorKind {
  return errorOf(run).kind;
}
