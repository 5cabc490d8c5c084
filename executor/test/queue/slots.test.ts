import { describe, expect, it } from "vitest";
import { Code, hasCode } from "@causeway/bridge/status";
import { createSlots } from "#src/queue/slots.js";

const never = new AbortController().signal;

describe("slots", () => {
  it("go to those who wait by priority, then by arrival", async () => {
    const slots = createSlots(1, 10);
    const first = await slots.take(0, never);
    const order: string[] = [];
    const waiting = (
      [
        ["late", 5],
        ["a", 0],
        ["b", 0],
        ["urgent", -1],
      ] as const
    ).map(async ([name, priority]) => {
      const slot = await slots.take(priority, never);
      order.push(name);
      slots.release(slot);
    });
    slots.release(first);
    await Promise.all(waiting);
    expect(order).toEqual(["urgent", "a", "b", "late"]);
  });

  it("refuse the one waiter too many", async () => {
    const slots = createSlots(1, 1);
    const slot = await slots.take(0, never);
    const waiting = slots.take(0, never);
    await expect(slots.take(0, never)).rejects.toSatisfy((error) => hasCode(error, Code.ResourceExhausted));
    slots.release(slot);
    expect(await waiting).toBe(slot);
  });

  it("forget a waiter that leaves", async () => {
    const slots = createSlots(1, 1);
    const slot = await slots.take(0, never);
    const leaving = new AbortController();
    const left = slots.take(0, leaving.signal);
    leaving.abort();
    await expect(left).rejects.toSatisfy((error) => hasCode(error, Code.Cancelled));
    const next = slots.take(0, never);
    slots.release(slot);
    expect(await next).toBe(slot);
  });
});
