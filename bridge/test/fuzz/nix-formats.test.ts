import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  AtermError,
  byteStringFrom,
  decodeNixBase32,
  encodeNixBase32,
  HashError,
  JsonError,
  NarInfoError,
  NixBase32Error,
  parseContentAddress,
  parseDerivation,
  parseJson,
  parseNarInfo,
  parseNixHash,
  parseStorePath,
  parseStorePathIn,
  printDerivation,
  printJson,
  printNarInfo,
  splitStorePath,
  StorePathError,
} from "#src/formats/index.js";

/*
 * Every parser, fed with real inputs that are damaged at random: it throws its own error, or what it took is printed and parsed again to the
 * same. Seeds are fixed, so a failure comes back.
 */

const fixtures = new URL("../fixtures/", import.meta.url);
const storeDir = "/nix/store";

/** mulberry32: a small generator that is the same everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** One to four changes: a byte, a cut, a repeated or swapped piece, or a piece of the other input. */
function damage(bytes: Buffer, other: Buffer, random: (below: number) => number): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(result.length + 1);
    const length = random(20);
    const piece = [
      () => Buffer.from([random(256)]),
      () => Buffer.from('"\\()[],:{}0n=;\n '.charAt(random(16))),
      () => Buffer.alloc(0),
      () => result.subarray(at, at + length),
      () => other.subarray(random(other.length), random(other.length)),
    ][random(5)]!();
    result = Buffer.concat([result.subarray(0, at), piece, result.subarray(at + random(2) * length)]);
  }
  return result;
}

/** @returns how many inputs were taken, so that a test which never gets past the first byte shows. */
function fuzz(
  seed: number,
  rounds: number,
  inputs: readonly Buffer[],
  own: new (...parameters: never[]) => Error,
  check: (bytes: Buffer) => void,
): number {
  const random = randomFrom(seed);
  let taken = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = damage(inputs[random(inputs.length)]!, inputs[random(inputs.length)]!, random);
    try {
      check(bytes);
      taken++;
    } catch (error) {
      if (!(error instanceof own))
        throw new Error(`seed ${seed}, round ${round}: ${bytes.toString("base64")}`, { cause: error });
    }
  }
  return taken;
}

const filesIn = (dir: string, ending: string): Buffer[] =>
  readdirSync(new URL(dir, fixtures))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(encodeURI(dir + name).replaceAll("?", "%3F"), fixtures)));

describe.each([1, 2, 3])("with seed %d", (seed) => {
  it("derivations", () => {
    const dynamic = Buffer.from(
      `DrvWithVersion("xp-dyn-drv",[("out","","","")],[("/nix/store/${"0".repeat(32)}-a.drv",(["out"],[("out",["x"])]))],[],"p","b",[],[])`,
    );
    const taken = fuzz(seed, 4000, [...filesIn("derivation/drv/", ".drv"), dynamic], AtermError, (bytes) => {
      expect(Buffer.from(printDerivation(storeDir, parseDerivation(storeDir, bytes))).equals(bytes)).toBe(true);
    });
    expect(taken).toBeGreaterThan(50);
  });

  it("JSON", () => {
    const inputs = [...filesIn("derivation/drv/", ".json").slice(0, 8), ...filesIn("json/", ".json")];
    const taken = fuzz(seed, 4000, inputs, JsonError, (bytes) => {
      const printed = printJson(parseJson(bytes));
      expect(printJson(parseJson(printed))).toBe(printed);
    });
    expect(taken).toBeGreaterThan(50);
  });

  it("narinfos", () => {
    const taken = fuzz(seed, 4000, filesIn("narinfo/", ".narinfo"), NarInfoError, (bytes) => {
      const info = parseNarInfo(storeDir, bytes.toString("utf8"));
      expect(parseNarInfo(storeDir, printNarInfo(storeDir, info))).toEqual(info);
    });
    expect(taken).toBeGreaterThan(50);
  });

  it("nixbase32", () => {
    const inputs = ["0fcxdvyzxr09shcbcxkv7l1b356dqxzp3ja68rhrg4yhbqarrkm5", "0z", ""].map((text) => Buffer.from(text));
    const taken = fuzz(seed, 5000, inputs, NixBase32Error, (bytes) => {
      const text = byteStringFrom(bytes);
      expect(encodeNixBase32(decodeNixBase32(text))).toBe(text);
    });
    expect(taken).toBeGreaterThan(10);
  });

  it("hashes and content addresses", () => {
    const inputs = [
      "sha256-pc6cFV7Qk5dhRkbJcX/HzZSxAj17drYY1Ank/v1unTk=",
      "sha1:mj1l54np5ii9al6g2cjb02n3jxwpf5k0",
      "fixed:r:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    ].map((text) => Buffer.from(text));
    fuzz(seed, 5000, inputs, HashError, (bytes) => void parseNixHash(byteStringFrom(bytes)));
    fuzz(seed, 5000, inputs, HashError, (bytes) => void parseContentAddress(byteStringFrom(bytes)));
  });

  it("store paths", () => {
    const base = "00bgd045z0d4icpbc2yyz4gx48ak44la-net-tools-1.60_p20170221182432";
    const inputs = [base, `/nix/store/${base}`, `/nix/store/${base}/bin/arp`].map((text) => Buffer.from(text));
    const taken = fuzz(seed, 5000, inputs, StorePathError, (bytes) => {
      const text = byteStringFrom(bytes);
      if (!text.startsWith("/")) expect(parseStorePath(text)).toBe(text);
      else if (text.includes("/bin"))
        expect(`/nix/store/${splitStorePath(storeDir, text).path}${splitStorePath(storeDir, text).rest}`).toBe(text);
      else expect(`/nix/store/${parseStorePathIn(storeDir, text)}`).toBe(text);
    });
    expect(taken).toBeGreaterThan(50);
  });
});
