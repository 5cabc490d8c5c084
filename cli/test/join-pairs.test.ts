import { expect, it } from "vitest";
import { joinPairs, splitPair } from "#src/join-pairs.js";

it("joins the options that take a name and a value, and nothing after --", () => {
  expect(
    joinPairs(["build", "--option", "cores", "2", "x.drv", "--argstr", "a", "b=c", "--", "--option", "q"]),
  ).toEqual(["build", "--option", "cores=2", "x.drv", "--argstr", "a=b=c", "--", "--option", "q"]);
  expect(joinPairs(["--option", "cores"])).toEqual(["--option", "cores"]);
  expect(splitPair("a=b=c")).toEqual(["a", "b=c"]);
});
