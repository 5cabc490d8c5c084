import { describe, expect, it } from "vitest";
import { encodeNar, type ByteString, type NarEvent } from "#src/formats/index.js";
import { hashModuloSelf, rewriteText } from "#src/nix/registration/hash-rewriting.js";

const SELF = "zg65grfwnj52pq2vd3q28facfbaayx41";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

describe("the hash of contents that refer to themselves", () => {
  // The output `selfca` that Nix 2.8 registered: its own hash part stands at offset 246 of its archive.
  const text = `me=/nix/store/${SELF}-selfca dev=/nix/store/s3l0651dbbbcaclixz4971177ar4zh5m-selfca-dev\n`;
  const events: readonly NarEvent[] = [
    { type: "directory" },
    { type: "entry", name: "f" as ByteString },
    { type: "file", executable: false, sizeBytes: text.length },
    { type: "contents", bytes: Buffer.from(text) },
    { type: "end" },
    { type: "end" },
  ];
  const nar = Buffer.concat([...encodeNar(events)]);

  it.each([1, 7, 31, 32, 33, 65536])("is Nix's, in pieces of %i bytes", async (size) => {
    expect(nar.indexOf(SELF)).toBe(246);
    const hash = await hashModuloSelf(inPieces(nar, size), "sha256", SELF);
    expect(hash).toBe("5f5750cf2ca8c1236d8e4cc64ddce1b4c7e8a6fc52bccfbdb3a9e53ca4d715cf");
  });
});

describe("a name or target", () => {
  it("has every hash part replaced", () => {
    const rewrites = new Map([["a".repeat(32), "b".repeat(32)]]);
    expect(rewriteText(`${"a".repeat(32)}-${"a".repeat(33)}`, rewrites)).toBe(`${"b".repeat(32)}-${"b".repeat(32)}a`);
  });
});
