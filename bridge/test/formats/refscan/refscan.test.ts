import { describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import {
  ZEROED_HASH_PART,
  byteStringOf,
  createHashRewriter,
  createReferenceScanner,
  encodeNar,
  selfReferenceSuffix,
} from "#src/formats/index.js";

const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";
const A = "s3l0651dbbbcaclixz4971177ar4zh5m";
const B = "zg65grfwnj52pq2vd3q28facfbaayx41";
const C = "00000000000000000000000000000000";

function scan(parts: string[], pieces: (string | Uint8Array)[]): string[] {
  const scanner = createReferenceScanner(parts);
  for (const piece of pieces) scanner.push(Buffer.from(piece));
  return [...scanner.found()].sort();
}

/** A small seeded generator (xorshift), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

describe("a reference scanner", () => {
  it("finds hash parts wherever they stand", () => {
    expect(scan([A, B, C], [`x${A}`])).toEqual([A]);
    expect(scan([A, B, C], [`/nix/store/${A}-a:/nix/store/${B}-b`])).toEqual([A, B]);
    expect(scan([A], [A])).toEqual([A]);
    expect(scan([A], [`${A.slice(0, 31)}-${A.slice(1)}`])).toEqual([]);
    expect(scan([A], [A.toUpperCase()])).toEqual([]);
    expect(scan([], [A])).toEqual([]);
    expect(scan([C], ["0".repeat(31)])).toEqual([]);
    expect(scan([C], ["0".repeat(33)])).toEqual([C]);
  });

  it("finds hash parts that overlap, and in long runs of their alphabet", () => {
    const shifted = `${A.slice(1)}0`;
    expect(scan([A, shifted], [`${A}0`])).toEqual([A, shifted].sort());
    const run = ALPHABET.repeat(100);
    expect(scan([A, B], [`${run}${A}${run}${B}${run}`])).toEqual([A, B]);
  });

  it("finds hash parts across the borders of pieces of any size", () => {
    const text = `..${A}${B}--${C}`;
    for (let size = 1; size <= text.length; size++) {
      const pieces = [];
      for (let i = 0; i < text.length; i += size) pieces.push(text.slice(i, i + size));
      expect(scan([A, B, C], pieces)).toEqual([A, B, C].sort());
    }
  });

  it("finds what a search of every window finds", () => {
    const next = random(7);
    const pick = (text: string): string => text[Math.floor(next() * text.length)]!;
    for (let round = 0; round < 200; round++) {
      const letters = round % 2 === 0 ? ALPHABET : `${ALPHABET}-/ etu.`;
      const text = Array.from({ length: 400 }, () => pick(letters)).join("");
      const parts = Array.from({ length: 20 }, () => Math.floor(next() * (text.length - 32)))
        .map((at) => text.slice(at, at + 32))
        .filter((part) => /^[0-9a-df-np-sv-z]+$/.test(part));
      const absent = Array.from({ length: 20 }, () => Array.from({ length: 32 }, () => pick(ALPHABET)).join(""));
      const cut = Math.floor(next() * text.length);
      const want = [...parts, ...absent].filter((part) => text.includes(part));
      expect(scan([...parts, ...absent], [text.slice(0, cut), text.slice(cut)])).toEqual([...new Set(want)].sort());
    }
  });

  it("keeps no piece: the producer may use its memory again", () => {
    const scanner = createReferenceScanner([A]);
    const piece = Buffer.from(A.slice(0, 20));
    scanner.push(piece);
    piece.fill(0);
    const long = Buffer.from(`${A.slice(20)}${"-".repeat(40)}${A.slice(0, 5)}`);
    scanner.push(long);
    expect(scanner.found()).toEqual(new Set([A]));
  });

  it("takes hash parts only", () => {
    for (const bad of ["", "0".repeat(31), "e".repeat(32), "A".repeat(32), "0".repeat(33)])
      expect(() => createReferenceScanner([bad])).toThrow(RangeError);
  });
});

describe("a hash rewriter", () => {
  const rewrite = (rewrites: ReadonlyMap<string, string>, pieces: string[]) => {
    const rewriter = createHashRewriter(rewrites);
    const out = pieces.map((piece) => Buffer.from(rewriter.push(Buffer.from(piece, "latin1"))));
    out.push(Buffer.from(rewriter.end()));
    return { text: Buffer.concat(out).toString("latin1"), rewriter };
  };

  it("replaces hash parts across the borders of pieces of any size, and tells where they stood", () => {
    const text = `a${A}b${B}${A}${"c".repeat(31)}`;
    for (let size = 1; size <= text.length; size++) {
      const pieces = [];
      for (let i = 0; i < text.length; i += size) pieces.push(text.slice(i, i + size));
      const { text: out, rewriter } = rewrite(
        new Map([
          [A, C],
          [B, A],
        ]),
        pieces,
      );
      expect(out).toBe(`a${C}b${A}${C}${"c".repeat(31)}`);
      expect(rewriter.offsetsOf(A)).toEqual([1, 66]);
      expect(rewriter.offsetsOf(B)).toEqual([34]);
      expect(rewriter.offsetsOf(C)).toEqual([]);
    }
  });

  it("does not look again at what it wrote", () => {
    const shifted = `${A.slice(1)}0`;
    const { text } = rewrite(
      new Map([
        [A, A],
        [shifted, C],
      ]),
      [A, "0"],
    );
    expect(text).toBe(`${A}0`);
  });

  it("leaves its input as it was", () => {
    const input = Buffer.from(`${A}${A}`);
    createHashRewriter(new Map([[A, C]])).push(input);
    expect(input.toString()).toBe(`${A}${A}`);
  });

  it("takes replacements of 32 bytes only", () => {
    expect(() => createHashRewriter(new Map([[A, "0"]]))).toThrow(RangeError);
    expect(() => createHashRewriter(new Map([["x", C]]))).toThrow(RangeError);
  });

  it("gives the hash of contents that refer to themselves, as Nix computes it", () => {
    // An output `selfca` with the file f, by Nix 2.8; see the value of `ca` there.
    const own = "0".repeat(31) + "1";
    const contents = Buffer.from(`me=/nix/store/${own}-selfca dev=/nix/store/${A}-selfca-dev\n`);
    const rewriter = createHashRewriter(new Map([[own, ZEROED_HASH_PART]]));
    const zeroed = [];
    const archive = encodeNar([
      { type: "directory" },
      { type: "entry", name: byteStringOf("f") },
      { type: "file", executable: false, sizeBytes: contents.byteLength },
      { type: "contents", bytes: contents },
      { type: "end" },
      { type: "end" },
    ]);
    for (const chunk of archive) zeroed.push(rewriter.push(chunk));
    zeroed.push(rewriter.end());
    expect(rewriter.offsetsOf(own)).toEqual([246]);
    const suffix = selfReferenceSuffix(rewriter.offsetsOf(own));
    expect(suffix).toBe("|246");
    expect(hashBytes("sha256", Buffer.concat([...zeroed, Buffer.from(suffix)]))).toBe(
      "5f5750cf2ca8c1236d8e4cc64ddce1b4c7e8a6fc52bccfbdb3a9e53ca4d715cf",
    );
    expect(selfReferenceSuffix([1, 20])).toBe("|1|20");
    expect(selfReferenceSuffix([])).toBe("");
  });
});
