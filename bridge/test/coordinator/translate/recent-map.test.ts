import { describe, expect, it } from "vitest";
import { createRecentMap } from "#src/coordinator/translate/recent-map.js";

describe("a recent map", () => {
  it("forgets after a while", () => {
    let now = 0;
    const map = createRecentMap<number>({ entriesMax: 10, ttlMs: 100, clock: { nowMs: () => now } });
    map.set("a", 1);
    now = 99;
    expect(map.get("a")).toBe(1);
    now = 100;
    expect(map.get("a")).toBeUndefined();
  });

  it("forgets the oldest when it is full; what is set again is new", () => {
    const map = createRecentMap<number>({ entriesMax: 2, ttlMs: 100, clock: { nowMs: () => 0 } });
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    map.set("c", 4);
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, undefined, 4]);
  });
});
