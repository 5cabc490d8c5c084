import { describe, expect, it } from "vitest";
import { byteStringOf } from "@causeway/bridge/formats";
import { Code, hasCode } from "@causeway/bridge/status";
import { resolvePath } from "#src/action/relative-path.js";

const resolve = (base: string[], path: string) =>
  resolvePath(base.map(byteStringOf), byteStringOf(path), "output path");

describe("a path of a command", () => {
  it.each([
    [[], "", ""],
    [["build"], "", "build"],
    [["build"], "../nix/store/x", "nix/store/x"],
    [["a", "b"], "./c//d/", "a/b/c/d"],
    [["a", "b"], "../../c", "c"],
    [[], "a/../b", "b"],
  ])("from %j, %j is %j", (base, path, expected) => {
    expect(resolve(base, path).join("/")).toBe(expected);
  });

  it.each([
    [["build"], "../../etc"],
    [[], ".."],
    [[], "a/../../b"],
    [["build"], "/etc"],
    [[], "a\0b"],
  ])("from %j, %j is refused", (base, path) => {
    expect(() => resolve(base, path)).toThrow(expect.toSatisfy((error) => hasCode(error, Code.InvalidArgument)));
  });
});
