import { describe, expect, it } from "vitest";
import { byteStringOf } from "@causeway/bridge/formats";
import { joinSegments, resolvePath } from "#src/action/relative-path.js";

const resolve = (base: string[], path: string): string[] => [
  ...resolvePath(base.map(byteStringOf), byteStringOf(path), "output path"),
];

describe("a path of a command", () => {
  it.each([
    [["build"], "../nix/store/out", ["nix", "store", "out"]],
    [[], "a//b/./c/", ["a", "b", "c"]],
    [["a"], "", ["a"]],
    [["a", "b"], "../..", []],
    [[], "..a/...", ["..a", "..."]],
  ])("from %j, %s is %j", (base, path, segments) => {
    expect(resolve(base, path)).toEqual(segments);
  });

  it.each([
    ["/a", "is absolute"],
    ["../..", "leaves the input root"],
    ["a/../../../b", "leaves the input root"],
    ["a\0b", "has a NUL in it"],
  ])("%j is refused: it %s", (path, why) => {
    expect(() => resolve(["build"], path)).toThrow(why);
  });

  it("has no slash at either end when it is joined again", () => {
    expect(joinSegments(["a", "b"].map(byteStringOf))).toBe("a/b");
    expect(joinSegments([])).toBe("");
  });
});
