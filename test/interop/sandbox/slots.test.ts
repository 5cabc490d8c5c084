import { existsSync, readdirSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Code, hasCode } from "@causeway/bridge/status";
import { openSandbox, type Sandbox } from "./open-sandbox.ts";
import { mountsBelow, processesOf } from "./processes.ts";
import { requireProgram } from "../require-program.ts";

// What an executor keeps between actions, and what it leaves.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");

const asRoot = process.getuid?.() === 0;

let opened: AsyncDisposable[] = [];
async function open(options: Parameters<typeof openSandbox>[0] = {}): Promise<Sandbox> {
  const sandbox = await openSandbox(options);
  opened.push(sandbox);
  return sandbox;
}
afterEach(async () => {
  for (const sandbox of opened) await sandbox[Symbol.asyncDispose]();
  opened = [];
});

it.runIf(asRoot)("runs actions in a state that is closed to all other users, and leaves no mount", async () => {
  const home = await mkdtemp(join(tmpdir(), "causeway-closed-"));
  const before = readdirSync("/tmp");
  try {
    await chmod(home, 0o700);
    await mkdir(join(home, "state"));
    const [workDirectory, treesDirectory] = [join(home, "state/work"), join(home, "state/trees")];
    const sandbox = await open({ workDirectory, treesDirectory });
    const ran = await sandbox.run("cat /nix/store/data/f; echo out > ../nix/store/out", {
      outputs: ["../nix/store/out"],
    });
    expect([ran.exitCode, ran.stdout]).toEqual([0, "data\n"]);
    expect(ran.response.result?.outputFiles).toHaveLength(1);
    expect(mountsBelow(home)).toEqual([]);
    await sandbox.executor[Symbol.asyncDispose]();
    expect(readdirSync(workDirectory)).toEqual([]);
    const left = readdirSync("/tmp").filter((name) => !before.includes(name));
    expect(left.filter((name) => /^causeway-[A-Za-z0-9]{6}$/.test(name))).toEqual([]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

it.runIf(asRoot)("mounts an output as an input without writing it a second time", async () => {
  const sandbox = await open();
  const ran = await sandbox.run(
    "mkdir $o && echo x > $o/f && chmod 755 $o/f && stat -c %i $o/f".replaceAll("$o", "../nix/store/out"),
    {
      outputs: ["../nix/store/out"],
      command: { outputDirectoryFormat: "directory-only" },
    },
  );
  const digest = ran.response.result!.outputDirectories[0]!.rootDirectoryDigest!;
  const next = await sandbox.run("stat -c '%i %a %Y %u' /nix/store/dep/f", {
    inputs: { dep: { tree: digest } },
  });
  expect(next.stdout).toBe(`${ran.stdout.trim()} 555 1 65534\n`);
});

it("tells who ended the shell of a slot, and goes on with another one", async () => {
  const sandbox = await open({ concurrency: 1 });
  expect((await sandbox.run("exit 0")).exitCode).toBe(0);
  const [shell] = processesOf(sandbox.workDirectory).filter((pid) => pid !== process.pid);
  const events = sandbox.executor.execute({ actionDigest: await sandbox.action("sleep 0.5") });
  const ending = (async () => {
    for await (const event of events)
      if (event.type === "stage" && event.stage === "executing") process.kill(shell!, "SIGKILL");
  })();
  await expect(ending).rejects.toSatisfy((error) => hasCode(error, Code.Unavailable));
  expect((await sandbox.run("exit 4")).exitCode).toBe(4);
});

it("holds an action back that writes faster than its log is kept, and keeps all of it", async () => {
  const sandbox = await open();
  const ran = await sandbox.run("dd if=/dev/zero bs=1M count=200 2>/dev/null");
  expect(ran.response.result?.stdoutDigest?.sizeBytes).toBe(200 << 20);
}, 60_000);

it("kills an action that writes more than it may", async () => {
  const sandbox = await open({ limits: { logBytesMax: 1 << 20 } });
  await expect(sandbox.run("yes causeway-flood")).rejects.toSatisfy((error) => hasCode(error, Code.ResourceExhausted));
  expect(processesOf("causeway-flood")).toEqual([]);
});

it("has nothing in its work directory once it is closed", async () => {
  const sandbox = await open();
  await sandbox.run("exit 0", { platform: { inputs: "writable" } });
  expect(statSync(sandbox.workDirectory).isDirectory()).toBe(true);
  await sandbox.executor[Symbol.asyncDispose]();
  expect(readdirSync(sandbox.workDirectory)).toEqual([]);
  expect(existsSync(sandbox.treesDirectory)).toBe(true);
});
