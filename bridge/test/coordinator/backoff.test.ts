import { describe, expect, it } from "vitest";
import { backoffMs } from "#src/coordinator/backoff.js";

describe("the wait between tries", () => {
  const limits = { backoffBaseMs: 100, backoffMaxMs: 1_000 };
  it("doubles up to the limit, half of it drawn", () => {
    expect([1, 2, 3, 4, 5, 60].map((tries) => backoffMs(limits, tries, 0))).toEqual([50, 100, 200, 400, 500, 500]);
    expect([1, 4, 5].map((tries) => backoffMs(limits, tries, 0.5))).toEqual([75, 600, 750]);
  });
});
