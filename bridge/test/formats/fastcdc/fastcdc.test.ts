import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hashBytes } from "#src/digest/index.js";
import { createChunker, reapiChunking, tvixChunking, type FastCdcParams } from "#src/formats/index.js";
import { GEAR } from "#src/formats/fastcdc/gear.js";

const image = readFileSync(new URL("fixtures/SekienAkashita.jpg", import.meta.url));

/** Noise by xorshift, as the program that printed the vectors made it. */
function noise(size: number, seed: number): Buffer {
  const out = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state >>> 24;
  }
  return out;
}

function cut(params: FastCdcParams, data: Uint8Array, pieceBytes = data.byteLength): number[] {
  const chunker = createChunker(params);
  const lengths: number[] = [];
  for (let i = 0; i < data.byteLength; i += pieceBytes) lengths.push(...chunker.push(data.subarray(i, i + pieceBytes)));
  const last = chunker.end();
  if (last !== undefined) lengths.push(last);
  return lengths;
}

const params = (
  minBytes: number,
  averageBytes: number,
  maxBytes: number,
  normalization: FastCdcParams["normalization"],
  seed = 0n,
): FastCdcParams => ({ minBytes, averageBytes, maxBytes, normalization, seed });

const some = noise(100_001, 1);
const large = noise(8 << 20, 3);
const zeros = Buffer.alloc(100_001);

const VECTORS: [string, Buffer, FastCdcParams, number[]][] = [
  // The two vectors of the Remote Execution API.
  ["image, seed 0", image, params(4096, 16_384, 65_535, 2), [19186, 19279, 17354, 16387, 19940, 17320]],
  ["image, seed 666", image, params(4096, 16_384, 65_535, 2, 666n), [17635, 17334, 19136, 17467, 23593, 14301]],
  ["image, level 1", image, params(8192, 16_384, 32_768, 1), [21325, 17140, 28084, 18217, 24700]],
  [
    "image, with maxima",
    image,
    params(4096, 8192, 16_384, 1),
    [6634, 12552, 16384, 16384, 14595, 16384, 9213, 5237, 12083],
  ],
  [
    "noise, level 3, odd sizes and all bits of the seed",
    some,
    params(1001, 4099, 9999, 3, 2n ** 64n - 1n),
    [
      4354, 4994, 4306, 4348, 4498, 4563, 4349, 4699, 5361, 4059, 4101, 4430, 4166, 4479, 4132, 4405, 5455, 1567, 4922,
      4486, 5001, 5208, 2118,
    ],
  ],
  [
    "noise, level 0, odd sizes",
    some,
    params(1001, 4099, 9999, 0, 5n),
    [
      4191, 7044, 3710, 3492, 5084, 1272, 4189, 2712, 2911, 4996, 4088, 3081, 9492, 1742, 3589, 1733, 1085, 5629, 2149,
      4653, 4543, 4587, 9765, 1490, 2774,
    ],
  ],
  ["zeros, odd sizes", zeros, params(1001, 4099, 9999, 2), [...Array<number>(10).fill(9999), 11]],
  ["zeros", zeros, params(4096, 16_384, 65_535, 2), [65535, 34466]],
  ...[[1000], [1001], [1002], [1003], [1527, 2571], [1527, 2572], [1527, 2573]].map(
    (lengths): [string, Buffer, FastCdcParams, number[]] => {
      const size = lengths.reduce((sum, length) => sum + length, 0);
      return [`the end after ${String(size)} bytes`, some.subarray(0, size), params(1001, 4099, 9999, 2), lengths];
    },
  ),
  [
    "a large file as the Remote Execution API recommends",
    large,
    reapiChunking(),
    [882223, 623104, 832603, 560209, 534170, 729579, 586704, 582708, 624460, 398603, 540182, 913457, 324513, 256093],
  ],
  [
    "a large file as Tvix does",
    large,
    tvixChunking(),
    [
      323998, 524288, 474242, 182799, 270502, 524288, 524288, 268223, 289130, 157129, 295684, 327317, 478533, 147230,
      316940, 463554, 387615, 398603, 524288, 284462, 524288, 269953, 175161, 256093,
    ],
  ],
];

describe("FastCDC", () => {
  it("is tested with the picture of the Remote Execution API", () => {
    expect(image.byteLength).toBe(109_466);
    expect(hashBytes("sha256", image)).toBe("d9e749d9367fc908876749d6502eb212fee88c9a94892fb07da5ef3ba8bc39ed");
  });

  it.each(VECTORS)("cuts %s as the crate does", (_, data, how, lengths) => {
    expect(cut(how, data)).toEqual(lengths);
  });

  it.each(VECTORS)("cuts %s the same in pieces of any size", (_, data, how, lengths) => {
    for (const size of data.byteLength > 200_000 ? [65_536, 65_537, 1_000_003] : [1, 7, 64, 1001, 65_537])
      expect(cut(how, data, size)).toEqual(lengths);
  });

  it("cuts two streams at once", () => {
    const [first, second] = [createChunker(reapiChunking(4096)), createChunker(reapiChunking(4096))];
    const lengths: number[][] = [[], []];
    for (let i = 0; i < 100_000; i += 999) {
      lengths[0]?.push(...first.push(some.subarray(i, Math.min(i + 999, 100_000))));
      lengths[1]?.push(...second.push(image.subarray(i, Math.min(i + 999, 100_000))));
    }
    lengths[0]?.push(first.end() ?? 0);
    lengths[1]?.push(second.end() ?? 0);
    expect(lengths[0]).toEqual(cut(reapiChunking(4096), some.subarray(0, 100_000)));
    expect(lengths[1]).toEqual(cut(reapiChunking(4096), image.subarray(0, 100_000)));
  });

  it("cuts nothing into nothing, and begins anew after an end", () => {
    const chunker = createChunker(params(4096, 16_384, 65_535, 2));
    expect([chunker.push(Buffer.alloc(0)), chunker.end()]).toEqual([[], undefined]);
    for (let round = 0; round < 2; round++)
      expect([...chunker.push(image), chunker.end()]).toEqual([19186, 19279, 17354, 16387, 19940, 17320]);
  });

  it("uses the gear table that MD5 gives", () => {
    for (let byte = 0; byte < 256; byte++) {
      const digest = createHash("md5").update(Buffer.alloc(64, byte)).digest();
      expect(Buffer.from(GEAR.subarray(8 * byte, 8 * byte + 8)).reverse()).toEqual(digest.subarray(0, 8));
    }
  });

  it("has the parameters of REAPI and of Tvix", () => {
    expect(reapiChunking()).toEqual(params(131_072, 524_288, 2_097_152, 2));
    expect(reapiChunking(1024, 7n)).toEqual(params(256, 1024, 4096, 2, 7n));
    expect(tvixChunking()).toMatchObject({
      minBytes: 131_072,
      averageBytes: 262_144,
      maxBytes: 524_288,
      normalization: 1,
    });
  });

  it("takes parameters in their ranges only", () => {
    expect(() => reapiChunking(1023)).toThrow(RangeError);
    expect(() => reapiChunking(1_048_577)).toThrow(RangeError);
    for (const bad of [
      params(63, 256, 1024, 0),
      params(64, 255, 1024, 0),
      params(64, 256, 1023, 0),
      params(1_048_577, 4_194_304, 16_777_216, 0),
      params(64, 4_194_305, 16_777_216, 0),
      params(64, 4_194_304, 16_777_217, 0),
      params(1024, 512, 2048, 0),
      params(64, 2048, 1024, 0),
      params(64, 256, 1024, 0, -1n),
      params(64, 256, 1024, 0, 2n ** 64n),
      params(64.5, 256, 1024, 0),
    ])
      expect(() => createChunker(bad)).toThrow(RangeError);
    expect(() => createChunker(params(64, 256, 1024, 3))).not.toThrow();
    expect(() => createChunker(params(1_048_576, 4_194_304, 16_777_216, 3))).not.toThrow();
  });
});
