import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRuntime } from "@causeway/executor";
import { requireProgram } from "../require-program.ts";
import { openSandbox, type Sandbox } from "./open-sandbox.ts";

// Limits that actions ask for by their platform.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");
requireProgram(["runc", "--version"], "runc");

/** Doubles a string until it is larger than the limit. */
const GROW = "x=0123456789abcdef; i=0; while [ $i -lt 23 ]; do x=$x$x; i=$((i+1)); done; echo grown";

describe.each(["crun", "runc"] as const)("limits under %s", (name) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ runtime: await findRuntime(name) });
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it("kill an action that takes more memory than it asked for", async () => {
    const ran = await sandbox.run(GROW, { platform: { memory: String(32 << 20) } });
    expect(ran.stdout).not.toContain("grown");
    expect(ran.exitCode).toBe(137);
  });

  it("leave an action alone that stays below", async () => {
    const ran = await sandbox.run(GROW, { platform: { memory: String(1 << 30) } });
    expect([ran.exitCode, ran.stdout]).toEqual([0, "grown\n"]);
  });

  it("slow an action down to its share of a processor", async () => {
    const busy = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; cat /proc/uptime >/dev/null; times | head -1; echo";
    const wallMs = async (cpu: string): Promise<number> => {
      const { response } = await sandbox.run(`${busy} ${cpu}`, { platform: { cpu } });
      expect(response.result?.exitCode).toBe(0);
      const { executionStartMs = 0, executionCompletedMs = 0 } = response.result?.metadata ?? {};
      return executionCompletedMs - executionStartMs;
    };
    expect(await wallMs("0.1")).toBeGreaterThan(3 * (await wallMs("1")));
  });
});
