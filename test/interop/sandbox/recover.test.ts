import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createMemoryStore } from "@causeway/bridge/store";
import { createExecutor } from "@causeway/executor";
import { requireProgram } from "../require-program.ts";
import { cgroupsOf, mountsBelow, processesOf } from "./processes.ts";

// What is left of an executor that was killed, and what a new one does about it.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");

it.each(["helper", "shell"])(
  "ends the containers and removes the files of a killed owner with a %s",
  async (starter) => {
    const seconds = `${process.pid}.${Date.now() % 1_000_000}`;
    const program = fileURLToPath(new URL("run-and-wait.ts", import.meta.url));
    const owner = spawn(process.execPath, ["--experimental-strip-types", "--no-warnings", program, seconds, starter], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(owner.stdout, "data")) as [Buffer];
    const home = line.toString().trim();
    try {
      owner.kill("SIGKILL");
      await once(owner, "exit");
      const workDirectory = join(home, "work");
      // The helper sees that its owner has gone; a shell waits for the container.
      if (starter === "helper") await expect.poll(() => processesOf(seconds)).toEqual([]);
      else expect(processesOf(seconds).length).toBeGreaterThan(0);
      expect(readdirSync(workDirectory).some((name) => name.startsWith("test-"))).toBe(true);
      if (starter === "shell") expect(cgroupsOf(`causeway-test-${owner.pid}-`).length).toBeGreaterThan(0);

      await using store = createMemoryStore();
      await using executor = await createExecutor({
        store,
        workDirectory,
        treesDirectory: join(home, "trees"),
        concurrency: 1,
        ids: () => "next",
      });
      expect(executor).toBeDefined();
      expect(processesOf(seconds)).toEqual([]);
      expect(readdirSync(workDirectory)).toEqual([]);
      expect(mountsBelow(home)).toEqual([]);
      expect(cgroupsOf(`causeway-test-${owner.pid}-`)).toEqual([]);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
    expect(existsSync(home)).toBe(false);
  },
);
