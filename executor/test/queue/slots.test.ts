import { describe, expect, it } from "vitest";
import { Code } from "@causeway/bridge/status";
import { createSlots } from "#src/queue/slots.js";

const never = new AbortController().signal;

describe("slots", () => {
  it("are given out lowest first", async () => {
    const slots = createSlots(2, 10);
    expect([await slots.take(0, never), await slots.take(0, never)]).toEqual([0, 1]);
  });

  it("are given to those who wait by priority, then by arrival", async () => {
    const slots = createSlots(1, 10);
    await slots.take(0, never);
    const order: string[] = [];
    const waiting = [
      ["late", 5],
      ["first", 0],
      ["second", 0],
      ["soonest", -1],
    ] as const;
    const all = waiting.map(async ([name, priority]) => {
      const slot = await slots.take(priority, never);
      order.push(name);
      slots.release(slot);
    });
    slots.release(0);
    await Promise.all(all);
    expect(order).toEqual(["soonest", "first", "second", "late"]);
  });

  it("refuse more waiters than may wait", async () => {
    const slots = createSlots(1, 1);
    await slots.take(0, never);
    const second = slots.take(0, never);
    await expect(slots.take(0, never)).rejects.toMatchObject({ code: Code.ResourceExhausted });
    slots.release(0);
    expect(await second).toBe(0);
  });

  it("are not given to who has left", async () => {
    const slots = createSlots(1, 10);
    await slots.take(0, never);
    const leaving = new AbortController();
    const left = slots.take(0, leaving.signal);
    const stays = slots.take(1, never);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: Code.Cancelled });
    slots.release(0);
    expect(await stays).toBe(0);
  });

  it("are free again after a release that nobody waited for, even when an earlier taker's signal aborts later", async () => {
    const slots = createSlots(1, 10);
    const aborting = new AbortController();
    const first = await slots.take(0, aborting.signal);
    slots.release(first);
    aborting.abort();
    expect(await slots.take(0, never)).toBe(0);
    await expect(slots.take(0, aborting.signal)).rejects.toBeDefined();
  });
});
