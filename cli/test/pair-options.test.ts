import { expect, it } from "vitest";
import { joinPairs, pairOption, restorePairs } from "#src/pair-options.js";

it("joins the two values of Nix's options, and restores them where the words are handed on", () => {
  const argv = ["build", "--option", "cores", "2", "x.drv", "--argstr", "a", "b=c", "--", "--option", "q", "r"];
  const joined = joinPairs(argv);
  expect(joined).toEqual(["build", "--option=cores\x002", "x.drv", "--argstr=a\x00b=c", "--", "--option", "q", "r"]);
  expect(restorePairs(joined)).toEqual(argv);
  expect(joinPairs(["--option", "cores"])).toEqual(["--option", "cores"]);
});

it("gathers pairs, and refuses a single word", () => {
  expect(pairOption("a\x00b=c", pairOption("x\x00"))).toEqual([
    ["x", ""],
    ["a", "b=c"],
  ]);
  expect(() => pairOption("cores")).toThrow("a name and a value");
});
