import { describe, expect, it } from "vitest";
import {
  compress160,
  encodeNixBase32,
  formatNixHash,
  HashError,
  parseNixHash,
  type HashAlgorithm,
} from "#src/formats/index.js";

const sha256 = "a5ce9c155ed09397614646c9717fc7cd94b1023d7b76b618d409e4fefd6e9d39";

describe("parseNixHash", () => {
  it.each([
    ["base16 with its algorithm", `sha256:${sha256}`, undefined],
    ["base16 alone", sha256, "sha256"],
    ["upper case base16", sha256.toUpperCase(), "sha256"],
    ["nixbase32", "sha256:0fcxdvyzxr09shcbcxkv7l1b356dqxzp3ja68rhrg4yhbqarrkm5", undefined],
    ["base64", "sha256:pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=", undefined],
    ["SRI", "sha256-pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=", undefined],
    ["SRI without padding", "sha256-pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk", "sha256"],
  ] as [string, string, HashAlgorithm | undefined][])("takes %s", (_, text, algorithm) => {
    expect(parseNixHash(text, algorithm)).toEqual({ algorithm: "sha256", hex: sha256 });
  });

  it.each([
    ["no algorithm", sha256, undefined],
    ["an unknown algorithm", `sha3:${sha256}`, undefined],
    ["an inherited name as the algorithm", `toString:${sha256}`, undefined],
    ["another algorithm than asked for", `sha256:${sha256}`, "sha1"],
    ["a length of no base", "sha256:00", undefined],
    ["a foreign character in base16", `sha256:${sha256.slice(1)}g`, undefined],
    ["a foreign character in nixbase32", "sha256:efcxdvyzxr09shcbcxkv7l1b356dqxzp3ja68rhrg4yhbqarrkm5", undefined],
    ["bits beyond the value in nixbase32", `sha256:z${"0".repeat(51)}`, undefined],
    ["a foreign character in base64", "sha256-pc6cFV7Qk5dhRkbJcX_HzZSxAj17drYY1Ank/v1unTk=", undefined],
    ["SRI that is too long", "sha1-pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=", undefined],
    ["base16 as SRI", `sha256-${sha256}`, undefined],
    ["nothing", "", "sha256"],
  ] as [string, string, HashAlgorithm | undefined][])("refuses %s", (_, text, algorithm) => {
    expect(() => parseNixHash(text, algorithm)).toThrow(HashError);
  });
});

describe("formatNixHash", () => {
  const hash = parseNixHash(`sha256:${sha256}`);

  it("writes every spelling", () => {
    expect(formatNixHash(hash, "base16")).toBe(sha256);
    expect(formatNixHash(hash, "base16", { prefix: true })).toBe(`sha256:${sha256}`);
    expect(formatNixHash(hash, "nixbase32")).toBe("0fcxdvyzxr09shcbcxkv7l1b356dqxzp3ja68rhrg4yhbqarrkm5");
    expect(formatNixHash(hash, "base64", { prefix: true })).toBe("sha256:pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=");
    expect(formatNixHash(hash, "sri")).toBe("sha256-pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=");
  });

  it.each([
    ["sha1", "6016777997c30ab02413cf5095622cd7924283ac", "mj1l54np5ii9al6g2cjb02n3jxwpf5k0"],
    ["md5", "c4874a8897440b393d862d8fd459073f", "1z0xcx93rdhqykj2s4jy44m1y4"],
  ] as const)("knows %s", (algorithm, hex, nixbase32) => {
    expect(parseNixHash(nixbase32, algorithm)).toEqual({ algorithm, hex });
    expect(formatNixHash({ algorithm, hex }, "nixbase32")).toBe(nixbase32);
  });

  it.each(["md5", "sha1", "sha256", "sha512", "blake3"] as const)("is undone by parsing, for %s", (algorithm) => {
    const sizes = { md5: 16, sha1: 20, sha256: 32, sha512: 64, blake3: 32 };
    const hex = Buffer.from(Uint8Array.from({ length: sizes[algorithm] }, (_, i) => i * 7 + 200)).toString("hex");
    for (const format of ["base16", "nixbase32", "base64", "sri"] as const)
      expect(parseNixHash(formatNixHash({ algorithm, hex }, format, { prefix: true }))).toEqual({ algorithm, hex });
  });
});

describe("compress160", () => {
  it("folds the bytes beyond the twentieth onto the first", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect([...compress160(bytes)]).toEqual([
      ...Array.from({ length: 12 }, (_, i) => i ^ (i + 20)),
      ...Array.from({ length: 8 }, (_, i) => i + 12),
    ]);
    expect(encodeNixBase32(compress160(new Uint8Array(32)))).toBe("0".repeat(32));
  });
});
