import { describe, expect, it } from "vitest";
import { createLatch } from "#src/store/latch.js";
import { collectGarbage } from "../support/collect-garbage.js";

const never = new Promise<string>(() => undefined);

describe("a latch", () => {
  it("gives what the promise brings, or fails with, while it is not open", async () => {
    const latch = createLatch();
    expect(await latch.orOpen(Promise.resolve(1))).toBe(1);
    await expect(latch.orOpen(Promise.reject(new Error("torn")))).rejects.toThrow("torn");
    expect(await latch.orOpen(Promise.resolve(2))).toBe(2);
  });

  it("ends a wait when it opens, and all that come later", async () => {
    const latch = createLatch();
    const wait = latch.orOpen(never);
    latch.open();
    latch.open();
    expect(await wait).toBeUndefined();
    expect(await latch.orOpen(never)).toBeUndefined();
    expect(await latch.orOpen(Promise.reject<string>(new Error("nobody hears it")))).toBeUndefined();
  });

  it("keeps nothing of waits that have ended", async () => {
    const latch = createLatch();
    const values: WeakRef<object>[] = [];
    for (let n = 0; n < 100; n++) {
      const value = {};
      values.push(new WeakRef(value));
      await latch.orOpen(Promise.resolve(value));
    }
    await collectGarbage();
    expect(values.filter((value) => value.deref() !== undefined).length).toBeLessThan(5);
    latch.open();
  });
});
