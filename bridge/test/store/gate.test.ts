import { describe, expect, it } from "vitest";
import { createGate } from "#src/store/gate.js";

describe("a gate", () => {
  it("lets many in, then one alone, then the rest", async () => {
    const gate = createGate();
    const seen: string[] = [];
    let inside = 0;
    const shared = (name: string): Promise<void> =>
      gate.shared(async () => {
        inside++;
        await new Promise(setImmediate);
        seen.push(name);
        inside--;
      });
    const first = [shared("a"), shared("b")];
    const alone = gate.exclusive(async () => {
      expect(inside).toBe(0);
      await new Promise(setImmediate);
      expect(inside).toBe(0);
      seen.push("alone");
    });
    const second = gate.exclusive(async () => void seen.push("alone again"));
    const rest = shared("c");
    await Promise.all([...first, alone, second, rest]);
    expect(seen.slice(0, 3)).toEqual(["a", "b", "alone"]);
    expect(seen.slice(3).sort()).toEqual(["alone again", "c"]);
  });

  it("opens again after a failure", async () => {
    const gate = createGate();
    await expect(gate.exclusive(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
    await expect(gate.shared(() => Promise.reject(new Error("y")))).rejects.toThrow("y");
    expect(await gate.exclusive(async () => "in")).toBe("in");
  });
});
