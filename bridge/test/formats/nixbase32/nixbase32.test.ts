import { describe, expect, it } from "vitest";
import { decodeNixBase32, encodeNixBase32, NixBase32Error } from "#src/formats/index.js";

const pairs = [
  ["", ""],
  ["1f", "0z"],
  ["8a12321522fd91efbd60ebb2481af88580f61600", "00bgd045z0d4icpbc2yyz4gx48ak44la"],
  [
    "b3a24de97a8fdbc835b9833169501030b8977031bcb54b3b3ac13740f846ab30",
    "0c5b8vw40dy178xlpddw65q9gf1h2186jcc3p4swinwggbllv8mk",
  ],
  [
    "13a8cf7ca57f68a9f1752acee36a72a55187d3a954443c112818926f26109d91",
    "14cx20k6z4hq508kqi2lm79qfld5f9mf7kiafpqsjs3zlmycza0k",
  ],
] as const;

describe("nixbase32", () => {
  it.each(pairs)("writes %s as '%s' and back", (hex, text) => {
    expect(encodeNixBase32(Buffer.from(hex, "hex"))).toBe(text);
    expect(Buffer.from(decodeNixBase32(text)).toString("hex")).toBe(hex);
  });

  it.each([
    ["bits beyond the last byte", "zz", 0],
    ["bits beyond the last byte, in one character", "c0", 0],
    ["a length of no number of bytes", "0", 1],
    ["a longer such length", "0zz", 3],
    ["a letter that is left out", "0e", 1],
    ["upper case", "0Z", 1],
    ["a character beyond ASCII", "0é", 1],
    ["a character beyond the table", "0☃", 1],
  ])("refuses %s", (_, text, offset) => {
    expect(() => decodeNixBase32(text)).toThrow(NixBase32Error);
    expect(() => decodeNixBase32(text)).toThrow(expect.objectContaining({ offset }) as Error);
  });

  it("writes every length and reads it back", () => {
    for (let length = 0; length <= 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 31) & 0xff);
      expect(decodeNixBase32(encodeNixBase32(bytes))).toEqual(bytes);
    }
  });
});
