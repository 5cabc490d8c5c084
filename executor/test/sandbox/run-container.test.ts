import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { byteStringOf } from "@causeway/bridge/formats";
import { Code, hasCode } from "@causeway/bridge/status";
import { findHelper, writeHelperCommand } from "#src/sandbox/helper.js";
import { runContainer, type ContainerRun } from "#src/sandbox/run-container.js";
import type { Runtime } from "#src/sandbox/runtimes.js";
import { makeSlot } from "#src/sandbox/slot.js";
import { tempDirectory } from "../temp-directory.js";

/** Takes the options of an OCI runtime, and runs the script `run` of the bundle as a process of the host. */
const FAKE_RUNTIME = `#!/bin/sh
while [ $# -gt 1 ]; do
  case $1 in
    --bundle) bundle=$2; shift ;;
    --pid-file) pid=$2; shift ;;
    --log) log=$2; shift ;;
  esac
  shift
done
sh "$bundle/run" "$log" &
echo $! > "$pid"
wait $!
`;

/**
 * The same as our helper starts it: ends once the process is there, which is what file 3 becomes. That begins when we have ended: a shell may
 * take note of the end of its children by itself, and nobody else hears of it then.
 */
const FAKE_DETACHING_RUNTIME = `#!/bin/sh
while [ $# -gt 1 ]; do
  case $1 in
    --bundle) bundle=$2; shift ;;
    --pid-file) pid=$2; shift ;;
    --log) log=$2; shift ;;
  esac
  shift
done
[ ! -e "$bundle/broken" ] || { echo "level=error: mount: no such device" > "$log"; exit 1; }
{
  while read -r _ _ _ parent _ < /proc/self/stat && [ "$parent" = $$ ]; do :; done
  exec /proc/self/fd/3 launch
} &
echo $! > "$pid"
`;

async function open(starter: "shell" | "helper" = "shell") {
  const home = await tempDirectory();
  const program = join(home.path, "runtime");
  writeFileSync(program, starter === "shell" ? FAKE_RUNTIME : FAKE_DETACHING_RUNTIME, { mode: 0o755 });
  const runtime = {
    name: program as Runtime["name"],
    version: "0",
    enter: () => ["sh", "-c"] as const,
    prelude: "",
    withoutCgroup: "",
    ...(starter === "shell" ? {} : { helper: findHelper()! }),
  };
  const slot = await makeSlot(home.path, 0, runtime, []);
  let count = 0;
  return {
    slot,
    async run(script: string, more: Partial<ContainerRun> = {}, prepare: (bundle: string) => void = () => undefined) {
      const id = `c${count++}`;
      const directory = join(home.path, id);
      mkdirSync(directory);
      writeFileSync(join(directory, "run"), script);
      const words = ["sh", `${directory}/run`].map(byteStringOf);
      writeHelperCommand(directory, { program: byteStringOf("/bin/sh"), arguments: words, environment: new Map() });
      prepare(directory);
      const output = { stdout: "", stderr: "" };
      const end = await runContainer({
        slot,
        id,
        directory,
        streams: "apart",
        withCgroup: false,
        timeoutMs: 60_000,
        signal: new AbortController().signal,
        onOutput(stream, bytes) {
          output[stream] += Buffer.from(bytes).toString();
          return undefined;
        },
        ...more,
      });
      return { ...end, ...output };
    },
    async [Symbol.asyncDispose]() {
      await slot.shell[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

describe("a container of a slot", () => {
  it("ends with the code and the output of its process, one after the other", async () => {
    await using slot = await open();
    expect(await slot.run("echo out; echo err >&2; exit 3")).toEqual({
      exitCode: 3,
      timedOut: false,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await slot.run("kill -9 $$")).toMatchObject({ exitCode: 137, stdout: "" });
    expect(await slot.run(":")).toMatchObject({ exitCode: 0, stdout: "" });
  });

  it("keeps the order of both streams where they are one, and can open them by name", async () => {
    await using slot = await open();
    const ran = await slot.run("echo a; echo b >&2; echo c > /dev/stderr; echo d > /dev/stdout", { streams: "merge" });
    expect(ran).toMatchObject({ stdout: "a\nb\nc\nd\n", stderr: "" });
  });

  it("reads nothing from its standard input", async () => {
    await using slot = await open();
    expect((await slot.run("cat; [ -c /dev/stdin ] && echo device")).stdout).toBe("device\n");
  });

  it("has its log to the end, however long", async () => {
    await using slot = await open();
    const ran = await slot.run("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    expect(ran.stdout.split("\n")).toHaveLength(20_001);
    expect(ran.stdout.endsWith("line 19999\n")).toBe(true);
  });

  it("is killed at its timeout, and keeps what it has written", async () => {
    await using slot = await open();
    const ran = await slot.run("echo begun; exec sleep 60", { timeoutMs: 300 });
    expect(ran).toMatchObject({ exitCode: 137, timedOut: true, stdout: "begun\n" });
  });

  it("is killed when its caller goes", async () => {
    await using slot = await open();
    const leaving = new AbortController();
    const running = slot.run("echo begun; exec sleep 60", {
      signal: leaving.signal,
      onOutput: () => {
        leaving.abort();
        return undefined;
      },
    });
    await expect(running).rejects.toSatisfy((error) => hasCode(error, Code.Cancelled));
  });

  it("is killed when its output cannot be kept, and the reason is told", async () => {
    await using slot = await open();
    const running = slot.run("echo begun; exec sleep 60", { onOutput: () => Promise.reject(new Error("disk full")) });
    await expect(running).rejects.toThrow("disk full");
  });

  it("waits while its output is being kept", async () => {
    await using slot = await open();
    let waiting = 0;
    let most = 0;
    const ran = await slot.run("head -c 1000000 /dev/zero", {
      async onOutput() {
        most = Math.max(most, ++waiting);
        await new Promise(setImmediate);
        waiting--;
      },
    });
    expect(ran.exitCode).toBe(0);
    expect(most).toBe(1);
  });

  it("that the runtime could not start says what the runtime said", async () => {
    await using slot = await open();
    expect(await slot.run('echo "mount: no such device" > "$1"; exit 1')).toMatchObject({
      exitCode: 1,
      complaint: "mount: no such device",
    });
  });

  it("cannot be where the programs that start it are missing", async () => {
    await using home = await tempDirectory();
    const runtime = {
      name: "crun" as const,
      version: "0",
      enter: () => ["causeway-no-such-program"] as const,
      prelude: "",
      withoutCgroup: "",
    };
    const making = makeSlot(home.path, 0, runtime, []);
    await expect(making).rejects.toSatisfy((error) => hasCode(error, Code.FailedPrecondition));
    await expect(making).rejects.toThrow("causeway-no-such-program");
  });
});

describe.runIf(findHelper() !== undefined)("a container that the helper starts", () => {
  it("ends with its code, or with the signal that killed it", async () => {
    await using slot = await open("helper");
    expect(await slot.run("echo out; echo err >&2; exit 3")).toEqual({
      exitCode: 3,
      timedOut: false,
      stdout: "out\n",
      stderr: "err\n",
    });
    for (const signal of [6, 9, 11, 15])
      expect(await slot.run(`kill -${String(signal)} $$`)).toMatchObject({ exitCode: 128 + signal, signal });
    const ran = await slot.run("exit 139");
    expect([ran.exitCode, ran.signal]).toEqual([139, undefined]);
  });

  it("has a terminal in raw mode, all of whose bytes arrive", async () => {
    await using slot = await open("helper");
    const script = "test -t 1 && test -t 2 && echo both; printf 'a\\r\\004b' >&2; head -c 1000000 /dev/zero; echo c";
    const ran = await slot.run(script, { streams: "terminal" });
    expect(ran.stdout).toBe(`both\na\r\x04b${"\0".repeat(1_000_000)}c\n`);
  });

  it("ends although others keep its terminal, and waits for nobody who has closed it", async () => {
    await using slot = await open("helper");
    const ran = await slot.run("exec > /dev/null 2>&1; sleep 0.1; exit 4", { streams: "terminal" });
    expect(ran).toMatchObject({ exitCode: 4, stdout: "" });
    expect(await slot.run("echo x; (trap '' HUP; exec sleep 2) & exit 5", { streams: "terminal" })).toMatchObject({
      exitCode: 5,
      stdout: "x\n",
    });
  });

  it("says why it was not started", async () => {
    await using slot = await open("helper");
    const command =
      (program: string, ...words: string[]) =>
      (bundle: string) =>
        writeHelperCommand(bundle, {
          program: byteStringOf(program),
          arguments: words.map(byteStringOf),
          environment: new Map([[byteStringOf("PATH"), byteStringOf("/none:/bin")]]),
        });
    const refused = async (program: string) => (await slot.run("", {}, command(program, program))).refused;
    expect(await refused("/no/such")).toBe("No such file or directory");
    expect(await refused("causeway-no-such-program")).toBe("No such file or directory");
    expect(await refused("/")).toBe("Permission denied");
    expect((await slot.run("", {}, command("sh", "sh", "-c", "exit 6"))).exitCode).toBe(6);
    const broken = (bundle: string) => writeFileSync(join(bundle, "broken"), "");
    expect(await slot.run("", {}, broken)).toMatchObject({
      exitCode: 1,
      complaint: "level=error: mount: no such device",
    });
  });

  it("is killed at its timeout, and keeps what it has written", async () => {
    await using slot = await open("helper");
    const ran = await slot.run("echo begun; exec sleep 60", { timeoutMs: 300, streams: "terminal" });
    expect(ran).toMatchObject({ exitCode: 137, timedOut: true, stdout: "begun\n" });
  });
});
