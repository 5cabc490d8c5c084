import { describe, expect, it } from "vitest";
import { evaluationStoreDirectory, parseDerivedPath } from "#src/nix/index.js";

const name = "h0qb3wmwhkx4nsnnlp5janwnw1bz9ng8-a.drv";

describe("parseDerivedPath", () => {
  it.each([
    [`/nix/store/${name}`, { directory: "/nix/store", outputs: "all" }],
    [`/nix/store/${name}!out`, { directory: "/nix/store", outputs: ["out"] }],
    [`/tmp/s/nix/store/${name}!out,dev`, { directory: "/tmp/s/nix/store", outputs: ["out", "dev"] }],
    [`${name}^*`, { directory: "", outputs: "all" }],
    [`${name}^dev`, { directory: "", outputs: ["dev"] }],
  ])("reads %s", (text, expected) => {
    expect(parseDerivedPath(text)).toEqual({ drvName: name, ...expected });
  });

  it.each(["hello", `${name}!`, `${name}!a b`, `${name}!out,`])("refuses %s", (text) => {
    expect(() => parseDerivedPath(text)).toThrow();
  });
});

describe("evaluationStoreDirectory", () => {
  it.each([
    [{}, "/nix/store"],
    [{ NIX_REMOTE: "/home/me/s" }, "/home/me/s/nix/store"],
    [{ NIX_REMOTE: "local?root=/home/me/s" }, "/home/me/s/nix/store"],
    [{ NIX_REMOTE: "local?real=/elsewhere/store" }, "/elsewhere/store"],
    [{ NIX_REMOTE: "daemon" }, "/nix/store"],
  ])("of %j is %s", (env, expected) => {
    expect(evaluationStoreDirectory(env, "/nix/store")).toBe(expected);
  });
});
