import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Code } from "@causeway/bridge/status";
import { findRuntime } from "@causeway/executor";
import { requireProgram } from "../require-program.ts";
import { openSandbox, withoutHelper, type Sandbox } from "./open-sandbox.ts";

// What a machine without a C compiler can do: all but what docs/sandbox.md says of it.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");
requireProgram(["runc", "--version"], "runc");

describe.each(["crun", "runc"] as const)("an action under %s without the helper", (name) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ runtime: withoutHelper(await findRuntime(name)) });
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it("ends with its exit code, and has its output", async () => {
    const ran = await sandbox.run("echo out; echo err >&2; exit 3", { platform: { stderr: "stderr" } });
    expect([ran.exitCode, ran.response.signal, ran.stdout, ran.stderr]).toEqual([3, undefined, "out\n", "err\n"]);
  });

  it("is called by its path, and writes to a pipe", async () => {
    const script = "tr '\\0' ' ' < /proc/1/cmdline | cut -d' ' -f1; test -t 1 || echo pipe";
    const ran = await sandbox.run(script, { platform: { terminal: "on", argv0: "basename" } });
    expect(ran.stdout).toBe("/bin/sh\npipe\n");
  });

  it.each([
    ["/bin/none", "No such file or directory"],
    ["/nix/store/data/f", "Permission denied"],
    ["/nix/store/data/x", "Exec format error"],
    ["/nix/store", "Permission denied"],
  ])("says why it cannot execute %s", async (program, reason) => {
    const inputs = { data: { f: "data\n", x: { executable: "\x00\x01\x02" } } };
    const ran = await sandbox.run("", { arguments: [program], inputs });
    expect([ran.exitCode, ran.stdout]).toEqual([1, `error: executing '${program}': ${reason}\n`]);
  });

  it("is refused where only the helper could pass its arguments on", async () => {
    const running = sandbox.run("", { arguments: ["/bin/sh", "\xff"] });
    await expect(running).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await expect(running).rejects.toThrow("is not UTF-8, which only the helper program could pass on");
  });
});
