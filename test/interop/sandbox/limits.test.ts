import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findRuntime } from "@causeway/executor";
import { requireProgram } from "../require-program.ts";
import { openSandbox, type Sandbox } from "./open-sandbox.ts";
import { cgroupsOf } from "./processes.ts";

// Limits that actions ask for by their platform.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");
requireProgram(["runc", "--version"], "runc");

/** Cgroups of this process's actions. */
const OURS = `causeway-test-${process.pid}-`;

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

  it("give an action its share of a processor, for as long as it runs", async () => {
    const actionDigest = await sandbox.action("echo begun; sleep 0.2", { platform: { cpu: "0.5" } });
    let during: number[] = [];
    for await (const event of sandbox.executor.execute({ actionDigest }))
      if (event.type === "output") during = cgroupsOf(OURS).flatMap(quotasOf);
    expect(during).toEqual([0.5]);
    expect(cgroupsOf(OURS)).toEqual([]);
  });
});

/** In cores; nothing for a cgroup that is of another controller. */
function quotasOf(directory: string): number[] {
  const read = (name: string): string => readFileSync(join(directory, name), "utf8").trim();
  if (existsSync(join(directory, "cpu.max"))) {
    const [quota, period] = read("cpu.max").split(" ").map(Number);
    return [quota! / period!];
  }
  if (!existsSync(join(directory, "cpu.cfs_quota_us"))) return [];
  return [Number(read("cpu.cfs_quota_us")) / Number(read("cpu.cfs_period_us"))];
}
