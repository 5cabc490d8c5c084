import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import type { ExecuteResponse, ExecutionEvent } from "@causeway/bridge/execution";
import { Code, StatusError } from "@causeway/bridge/status";
import { findRuntime } from "@causeway/executor";
import { requireProgram } from "../require-program.ts";
import { openSandbox, type Sandbox } from "./open-sandbox.ts";
import { mountsBelow, processesOf } from "./processes.ts";
import { putTree } from "./put-action.ts";

// How actions end, and that nothing is left of them.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");
requireProgram(["runc", "--version"], "runc");

const OUT = "../nix/store/out";

/** A line that only this test's processes have in their arguments. */
function mark(): string {
  return `${process.pid}.${Math.floor(Math.random() * 1e9)}`;
}

async function failure(promise: Promise<unknown>): Promise<StatusError> {
  const reason = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(StatusError);
  return reason as StatusError;
}

describe.each(["crun", "runc"] as const)("an action under %s", (name) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ runtime: await findRuntime(name) });
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  /** Directories of actions that are still there; those of ended ones are removed in the background. */
  async function workLeft(): Promise<string[]> {
    const left = (): string[] => readdirSync(sandbox.workDirectory).filter((entry) => entry.startsWith("test-"));
    await expect.poll(left, { timeout: 5_000 }).toEqual([]);
    return left();
  }

  it.each([0, 1, 3, 127, 255])("ends with exit code %i", async (code) => {
    expect((await sandbox.run(`exit ${code}`)).exitCode).toBe(code);
  });

  it.each([
    ["KILL", 9],
    ["TERM", 15],
    ["SEGV", 11],
  ])("ends with 128 and the number of signal %s", async (signal, number) => {
    // Process 1 is immune to its own signals, so a child dies of it and the shell tells.
    expect((await sandbox.run(`sh -c 'kill -${signal} $$'; exit $?`, { environment: { PATH: "/bin" } })).exitCode).toBe(
      128 + number,
    );
  });

  it.each<readonly [argv: readonly string[], text: string]>([
    [["/bin/none"], "error: executing '/bin/none': No such file or directory\n"],
    [["/nix/store/data/f"], "error: executing '/nix/store/data/f': Permission denied\n"],
    [["/nix/store/data/x"], "error: executing '/nix/store/data/x': Exec format error\n"],
    [["/nix/store/data/i"], "error: executing '/nix/store/data/i': No such file or directory\n"],
    [["/nix/store"], "error: executing '/nix/store': Permission denied\n"],
  ])("says why it cannot execute %s", async (argv, text) => {
    const inputs = { data: { f: "data\n", x: { executable: "\x00\x01\x02" }, i: { executable: "#!/no/shell\n" } } };
    const ran = await sandbox.run("", { arguments: argv, inputs });
    expect([ran.exitCode, ran.stdout]).toEqual([1, text]);
    await workLeft();
  });

  it("that is itself killed says by which signal", async () => {
    const seconds = mark();
    const actionDigest = await sandbox.action(`echo begun; exec sleep ${seconds}`);
    let response: ExecuteResponse | undefined;
    for await (const event of sandbox.executor.execute({ actionDigest })) {
      // Of the signals that others send only this one gets through to a process 1.
      if (event.type === "output") process.kill(processesOf(seconds)[0]!, "SIGKILL");
      if (event.type === "done") ({ response } = event);
    }
    expect([response?.signal, response?.result?.exitCode]).toEqual([9, 137]);
  });

  it("that exits as if its child had crashed was not killed", async () => {
    const { response } = await sandbox.run("exit 139");
    expect([response.signal, response.result?.exitCode]).toEqual([undefined, 139]);
  });

  it("is ended by its timeout, and what it wrote is kept", async () => {
    const seconds = mark();
    const ran = await sandbox.run(`echo early; sleep ${seconds}`, { action: { timeoutMs: 400 } });
    expect(ran.response.status?.code).toBe(Code.DeadlineExceeded);
    expect(ran.response.result?.stdoutDigest).toEqual(digestBytes("blake3", Buffer.from("early\n")));
    expect(processesOf(seconds)).toEqual([]);
    await workLeft();
  });

  it("is ended when its only waiter aborts, and nothing is left", async () => {
    const seconds = mark();
    const cancel = new AbortController();
    const actionDigest = await sandbox.action(`echo begun; sleep ${seconds} & sleep ${seconds}`);
    const events: ExecutionEvent[] = [];
    const reason = await failure(
      (async () => {
        for await (const event of sandbox.executor.execute({ actionDigest }, { signal: cancel.signal })) {
          events.push(event);
          if (event.type === "output") cancel.abort(new StatusError(Code.Cancelled, "no more"));
        }
      })(),
    );
    expect(reason.code).toBe(Code.Cancelled);
    expect(events.some((event) => event.type === "output")).toBe(true);
    expect(processesOf(seconds)).toEqual([]);
    await workLeft();
  });

  it("is ended when its only waiter leaves the iteration", async () => {
    const seconds = mark();
    const actionDigest = await sandbox.action(`echo begun; sleep ${seconds}`);
    for await (const event of sandbox.executor.execute({ actionDigest })) if (event.type === "output") break;
    expect(processesOf(seconds)).toEqual([]);
    await workLeft();
  });

  it("is ended when it is cancelled before its container has started", async () => {
    const seconds = mark();
    const actionDigest = await sandbox.action(`sleep ${seconds}`);
    for await (const event of sandbox.executor.execute({ actionDigest }))
      if (event.type === "stage" && event.stage === "executing") break;
    expect(processesOf(seconds)).toEqual([]);
    await workLeft();
  });

  it("takes its background processes with it", async () => {
    const seconds = mark();
    const script = `(sleep ${seconds} &); (setsid sleep ${seconds} &); setsid sh -c 'sleep ${seconds} & exec sleep ${seconds}' & echo done`;
    const ran = await sandbox.run(script, { environment: { PATH: "/bin" } });
    expect([ran.exitCode, ran.stdout]).toEqual([0, "done\n"]);
    expect(processesOf(seconds)).toEqual([]);
  });

  it("takes processes with it that hold its output open", async () => {
    const seconds = mark();
    const ran = await sandbox.run(`exec 3>&1; (sleep ${seconds} <&- &) ; echo done`);
    expect(ran.stdout).toBe("done\n");
    expect(processesOf(seconds)).toEqual([]);
  });
});

describe("an execution", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox();
  });
  afterAll(() => sandbox[Symbol.asyncDispose]());

  it("answers from the action cache when it has succeeded", async () => {
    const actionDigest = await sandbox.action(`echo ran; cat /proc/sys/kernel/random/uuid > ${OUT}`);
    const first = await sandbox.execute({ actionDigest });
    const second = await sandbox.execute({ actionDigest });
    expect([first.response.cachedResult, second.response.cachedResult]).toEqual([false, true]);
    expect(second.response.result).toEqual(first.response.result);
    expect(second.stdout).toBe("");
  });

  it("runs again when asked not to look into the cache, and remembers the newer result", async () => {
    const actionDigest = await sandbox.action(`cat /proc/sys/kernel/random/uuid > ${OUT}; : again`);
    const first = await sandbox.execute({ actionDigest });
    const second = await sandbox.execute({ actionDigest, skipCacheLookup: true });
    const third = await sandbox.execute({ actionDigest });
    expect(second.response.cachedResult).toBe(false);
    expect(second.response.result?.outputFiles).not.toEqual(first.response.result?.outputFiles);
    expect(third.response.result?.outputFiles).toEqual(second.response.result?.outputFiles);
  });

  it("is not remembered with do_not_cache, nor when it fails", async () => {
    for (const [script, action] of [
      ["exit 0", { doNotCache: true }],
      ["exit 1", {}],
    ] as const) {
      const actionDigest = await sandbox.action(script, { action });
      await sandbox.execute({ actionDigest });
      expect(await sandbox.store.actionCache.get(actionDigest)).toBeUndefined();
      expect((await sandbox.execute({ actionDigest })).response.cachedResult).toBe(false);
    }
  });

  it("is shared by equal requests that are made while it runs", async () => {
    const actionDigest = await sandbox.action(`sleep 0.3; cat /proc/sys/kernel/random/uuid > ${OUT}`);
    const [a, b] = await Promise.all([sandbox.execute({ actionDigest }), sandbox.execute({ actionDigest })]);
    expect(a.response.result?.outputFiles).toEqual(b.response.result?.outputFiles);
    expect(a.response.result?.metadata).toEqual(b.response.result?.metadata);
    expect(b.response.cachedResult).toBe(false);
  });

  it("is not shared by equal requests for an action that must not be cached", async () => {
    const actionDigest = await sandbox.action(`cat /proc/sys/kernel/random/uuid > ${OUT}`, {
      action: { doNotCache: true },
    });
    const [a, b] = await Promise.all([sandbox.execute({ actionDigest }), sandbox.execute({ actionDigest })]);
    expect(a.response.result?.outputFiles).not.toEqual(b.response.result?.outputFiles);
  });

  it("names every blob that is missing", async () => {
    const gone = (text: string) => digestBytes("blake3", Buffer.from(text));
    const data = await putTree(
      sandbox.store,
      {},
      {
        files: [{ name: "f" as never, digest: gone("file"), isExecutable: false }],
        directories: [{ name: "d" as never, digest: gone("directory") }],
      },
    );
    const stored = await putTree(sandbox.store, {}, { directories: [{ name: "data" as never, digest: data }] });
    const root = await putTree(
      sandbox.store,
      { build: {} },
      {
        directories: [
          {
            name: "nix" as never,
            digest: await putTree(sandbox.store, {}, { directories: [{ name: "store" as never, digest: stored }] }),
          },
        ],
        files: [{ name: "top" as never, digest: gone("top"), isExecutable: false }],
      },
    );
    for (const inputs of ["read-only", "writable"]) {
      const error = await failure(sandbox.run("", { root, platform: { inputs } }));
      expect(error.code).toBe(Code.FailedPrecondition);
      const subjects = error.details
        .flatMap((detail) => (detail.kind === "missing-blobs" ? detail.subjects : []))
        .sort();
      expect(subjects.map((subject) => /[0-9a-f]{64}/.exec(subject)![0]).sort()).toEqual(
        ["file", "directory", "top"].map((text) => gone(text).hash).sort(),
      );
    }
  });

  it("is refused when its Action or Command is missing", async () => {
    const actionDigest = digestBytes("blake3", Buffer.from("no action"));
    const error = await failure(sandbox.execute({ actionDigest }));
    expect(error.code).toBe(Code.FailedPrecondition);
    expect(error.message).toContain(actionDigest.hash);
  });

  it("is refused for a platform property that is not known, by name", async () => {
    const error = await failure(sandbox.run("", { platform: { "Container-Image": "docker://x" } }));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.message).toContain("unknown platform property 'Container-Image'");
  });

  it("is refused for another machine", async () => {
    const error = await failure(sandbox.run("", { platform: { OSFamily: "windows" } }));
    expect([error.code, error.message]).toEqual([
      Code.FailedPrecondition,
      'platform property OSFamily="windows" cannot be met: this machine is linux',
    ]);
  });

  it("is refused when the working directory is not in the input root", async () => {
    const error = await failure(sandbox.run("", { workingDirectory: "nowhere", outputs: [] }));
    expect(error.message).toContain("'nowhere' is not in the input root");
  });

  it("is killed when its log is too long", async () => {
    await using small = await openSandbox({ limits: { logBytesMax: 100_000 } });
    const error = await failure(small.run("while :; do echo 0123456789; done"));
    expect(error.code).toBe(Code.ResourceExhausted);
  });

  it("is refused after disposal, which has ended what ran", async () => {
    const other = await openSandbox();
    const seconds = mark();
    const actionDigest = await other.action(`echo begun; sleep ${seconds}`);
    const events = other.executor.execute({ actionDigest })[Symbol.asyncIterator]();
    for (let event = await events.next(); event.done !== true; event = await events.next())
      if (event.value.type === "output") break;
    const end = failure(Promise.resolve(events.next()));
    await other.executor[Symbol.asyncDispose]();
    expect((await end).code).toBe(Code.Cancelled);
    expect(processesOf(seconds)).toEqual([]);
    expect(readdirSync(other.workDirectory)).toEqual([]);
    expect(mountsBelow(other.home)).toEqual([]);
    expect(() => other.executor.execute({ actionDigest })).toThrow("shutting down");
    await other[Symbol.asyncDispose]();
  });
});
