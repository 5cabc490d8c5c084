import { describe, expect, it } from "vitest";
import * as tokens from "#src/formats/nar/tokens.js";
import { words } from "./helpers.js";

describe("the fused tokens of NAR", () => {
  it.each<[string, Buffer, string[], number]>([
    ["ROOT", tokens.ROOT, ["nix-archive-1", "(", "type"], 56],
    ["REGULAR", tokens.REGULAR, ["regular", "contents"], 32],
    ["EXECUTABLE", tokens.EXECUTABLE, ["regular", "executable", "", "contents"], 64],
    ["SYMLINK", tokens.SYMLINK, ["symlink", "target"], 32],
    ["DIRECTORY", tokens.DIRECTORY, ["directory"], 24],
    ["ENTRY", tokens.ENTRY, ["entry", "(", "name"], 48],
    ["NODE", tokens.NODE, ["node", "(", "type"], 48],
    ["CLOSE", tokens.CLOSE, [")"], 16],
    ["CLOSE_ENTRY", tokens.CLOSE_ENTRY, [")", ")"], 32],
  ])("%s is its words", (_, token, parts, size) => {
    expect(token).toEqual(words(...parts));
    expect(token.byteLength).toBe(size);
  });

  it("are told apart by 16 bytes wherever there is a choice", () => {
    const first = (word: Buffer): string => word.subarray(0, 16).toString("hex");
    for (const choices of [
      ["regular", "symlink", "directory"],
      ["executable", "contents", ")"],
      ["entry", ")"],
    ]) {
      const heads = choices.map((word) => first(words(word)));
      expect(heads.every((head) => head.length === 32)).toBe(true);
      expect(new Set(heads).size).toBe(choices.length);
    }
  });

  it("are padded to 8 bytes", () => {
    expect([0, 1, 7, 8, 9].map((size) => tokens.paddingOf(size))).toEqual([0, 7, 1, 0, 7]);
  });
});
