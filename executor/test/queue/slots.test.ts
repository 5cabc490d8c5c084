import { describe, expect, it } from "vitest";
import { Code } from "@causeway/bridge/status";
import { createSlots } from "#src/queue/slots.js";

const never = new AbortController().signal;

describe("slots", () => {
  it("are given out lowest first", async () => {
    const slots = createSlots(2, 10, 0);
    expect([
      await slots.take({ priority: 0, memoryBytes: 0 }, never),
      await slots.take({ priority: 0, memoryBytes: 0 }, never),
    ]).toEqual([0, 1]);
  });

  it("are given to those who wait by priority, then by arrival", async () => {
    const slots = createSlots(1, 10, 0);
    await slots.take({ priority: 0, memoryBytes: 0 }, never);
    const order: string[] = [];
    const waiting = [
      ["late", 5],
      ["first", 0],
      ["second", 0],
      ["soonest", -1],
    ] as const;
    const all = waiting.map(async ([name, priority]) => {
      const slot = await slots.take({ priority, memoryBytes: 0 }, never);
      order.push(name);
      slots.release(slot, 0);
    });
    slots.release(0, 0);
    await Promise.all(all);
    expect(order).toEqual(["soonest", "first", "second", "late"]);
  });

  it("refuse more waiters than may wait", async () => {
    const slots = createSlots(1, 1, 0);
    await slots.take({ priority: 0, memoryBytes: 0 }, never);
    const second = slots.take({ priority: 0, memoryBytes: 0 }, never);
    await expect(slots.take({ priority: 0, memoryBytes: 0 }, never)).rejects.toMatchObject({
      code: Code.ResourceExhausted,
    });
    slots.release(0, 0);
    expect(await second).toBe(0);
  });

  it("are not given to who has left", async () => {
    const slots = createSlots(1, 10, 0);
    await slots.take({ priority: 0, memoryBytes: 0 }, never);
    const leaving = new AbortController();
    const left = slots.take({ priority: 0, memoryBytes: 0 }, leaving.signal);
    const stays = slots.take({ priority: 1, memoryBytes: 0 }, never);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    slots.release(0, 0);
    expect(await stays).toBe(0);
  });

  it("are free again after a release that nobody waited for, even when an earlier taker's signal aborts later", async () => {
    const slots = createSlots(1, 10, 0);
    const aborting = new AbortController();
    const first = await slots.take({ priority: 0, memoryBytes: 0 }, aborting.signal);
    slots.release(first, 0);
    aborting.abort();
    expect(await slots.take({ priority: 0, memoryBytes: 0 }, never)).toBe(0);
    await expect(slots.take({ priority: 0, memoryBytes: 0 }, aborting.signal)).rejects.toBeDefined();
  });

  it("are given in order to those who want memory, and no more than there is", async () => {
    const slots = createSlots(4, 10, 100);
    const order: string[] = [];
    const take = async (name: string, memoryBytes: number): Promise<number> => {
      const slot = await slots.take({ priority: 0, memoryBytes }, never);
      order.push(name);
      return slot;
    };
    const large = await take("large", 80);
    const waiting = [take("too much now", 40), take("small", 0)];
    await new Promise(setImmediate);
    expect(order).toEqual(["large"]);
    slots.release(large, 80);
    await Promise.all(waiting);
    expect(order).toEqual(["large", "too much now", "small"]);
  });

  it("go on when the first of those who wait leaves", async () => {
    const slots = createSlots(2, 10, 100);
    await slots.take({ priority: 0, memoryBytes: 80 }, never);
    const leaving = new AbortController();
    const left = slots.take({ priority: 0, memoryBytes: 40 }, leaving.signal);
    const small = slots.take({ priority: 0, memoryBytes: 10 }, never);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    await expect(small).resolves.toBeTypeOf("number");
  });
});
