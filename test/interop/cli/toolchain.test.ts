import { describe } from "vitest";
import { toolchainOn } from "./toolchain-suite.ts";

describe("the toolchain example", () => {
  toolchainOn(() => []);
});
