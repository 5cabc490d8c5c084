import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSetting, isToldClearly, readBytes, sampleArchive } from "./setting.ts";

const setting = await createSetting("hostile");
const { home, state, causeway, causewayReading } = setting;
let archive: Buffer;

beforeAll(async () => {
  archive = await readBytes(await sampleArchive(setting));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const word = (text: string): Buffer => {
  const bytes = Buffer.from(text, "latin1");
  const size = Buffer.alloc(8);
  size.writeUInt32LE(bytes.byteLength);
  return Buffer.concat([size, bytes, Buffer.alloc((8 - (bytes.byteLength % 8)) % 8)]);
};
const words = (...texts: string[]): Buffer => Buffer.concat(texts.map(word));
const file = words("(", "type", "regular", "contents", "x", ")");
const directory = (...names: string[]): Buffer =>
  Buffer.concat([
    words("nix-archive-1", "(", "type", "directory"),
    ...names.flatMap((name) => [words("entry", "(", "name", name, "node"), file, word(")")]),
    word(")"),
  ]);
const HUGE = Buffer.from("ffffffffffffff7f", "hex");

describe("store import of an archive that", () => {
  it.each<[string, () => Buffer, RegExp]>([
    ["is empty", () => Buffer.alloc(0), /at byte 0: expected more/],
    ["is cut off in a file", () => archive.subarray(0, 100_000), /at byte 100000: expected more/],
    ["is cut off at its end", () => archive.subarray(0, -8), /at byte \d+: expected/],
    ["goes on", () => Buffer.concat([archive, word("(")]), new RegExp(`expected the end`)],
    [
      "is something else",
      () => Buffer.from("#!/bin/sh\necho this is a script\n".repeat(9)),
      /at byte 0: expected the beginning/,
    ],
    ["names its parent", () => directory(".."), /at byte \d+: expected a name/],
    ["names a path", () => directory("a/../../b"), /at byte \d+: expected a name/],
    ["has a NUL in a name", () => directory("a\0b"), /at byte \d+: expected a name/],
    ["is not sorted", () => directory("b", "a"), /at byte \d+: expected a name after "b"/],
    ["names something twice", () => directory("a", "a"), /at byte \d+: expected a name after "a"/],
    [
      "claims a huge file",
      () => Buffer.concat([words("nix-archive-1", "(", "type", "regular", "contents"), HUGE]),
      /at byte 88: expected a size/,
    ],
    [
      "claims a huge name",
      () => Buffer.concat([words("nix-archive-1", "(", "type", "directory", "entry", "(", "name"), HUGE]),
      /at byte 128: expected a name's size/,
    ],
    [
      "is endlessly deep",
      () => {
        const level = words("(", "type", "directory", "entry", "(", "name", "a", "node");
        return Buffer.concat([word("nix-archive-1"), ...Array.from({ length: 10_000 }, () => level)]);
      },
      /at byte \d+: expected at most 2048 levels/,
    ],
  ])("%s is refused with the place, and nothing is registered", async (_, bytes, message) => {
    const input = join(home, "input");
    await writeFile(input, bytes());
    const ended = await causewayReading(input, ["store", "import"]);
    expect(isToldClearly(ended), ended.stderr).toBe(true);
    expect(ended.stderr).toMatch(message);
    expect(ended.stdout).toBe("");
    const verified = await causeway(["store", "verify", "--contents"]);
    expect(verified.exit, verified.stdout).toBe(0);
    expect(verified.stderr).toContain("0 pathInfos");
    expect(await readdir(join(state, "tmp"))).toEqual([]);
  });

  it("is to have an impossible name is refused before it is read", async () => {
    for (const name of ["a/b", "", "x".repeat(212)]) {
      const ended = await causewayReading("/dev/null", ["store", "import", "--name", name]);
      expect(isToldClearly(ended), ended.stderr).toBe(true);
      expect(ended.stderr).toContain("cannot be the name of a store path");
    }
  });
});

describe("a derivation file that", () => {
  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ["is empty", () => Buffer.alloc(0), /cannot be read: .*byte 0/],
    ["is cut off", (bytes) => bytes.subarray(0, bytes.byteLength >> 1), /cannot be read: .*byte \d+/],
    ["is something else", () => Buffer.from("hello\n"), /cannot be read: expected "Derive\(" at byte 0/],
    ["goes on", (bytes) => Buffer.concat([bytes, Buffer.from(" ")]), /cannot be read: .*byte \d+/],
    [
      "is not canonical",
      (bytes) => Buffer.from(bytes.toString("latin1").replace('[("builder"', '[("b","c"),("builder"'), "latin1"),
      /damaged or not canonical: its contents belong to/,
    ],
    ["has spaces", (bytes) => Buffer.from(bytes.toString("latin1").replace("],[", "], ["), "latin1"), /cannot be read/],
    [
      "has binary dust in it",
      (bytes) => Buffer.concat([bytes.subarray(0, 20), Buffer.from([0, 255, 34, 92])]),
      /cannot be read/,
    ],
  ])("%s is named, with what is wrong", async (_, damage, message) => {
    const drv = await setting.instantiate("victim", "echo > $out");
    const original = await readBytes(join(home, "evaluation", drv));
    const place = join(home, "damaged");
    await mkdir(place, { recursive: true });
    const path = join(place, basename(drv));
    await writeFile(path, damage(original));
    for (const words of [
      ["build", path],
      ["derivation", "show", path],
    ]) {
      const ended = await causeway(words);
      expect(isToldClearly(ended), ended.stderr).toBe(true);
      expect(ended.stderr).toMatch(message);
      expect(ended.stderr).toContain(basename(drv));
    }
  });

  it.each(["/tmp/x.drv", "x.drv", "/nix/store/1b9p07z77phvv2hf6gm9f28syp39f1ag-nowhere.drv", "nothing"])(
    "cannot be one (%s) is told so",
    async (text) => {
      const ended = await causeway(["build", text]);
      expect(isToldClearly(ended), ended.stderr).toBe(true);
      expect(ended.stderr).toContain(basename(text));
    },
  );
});
