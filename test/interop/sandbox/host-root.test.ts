import { readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { encodeAction, encodeCommand, encodeReapiDirectory, type Command } from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { requireProgram } from "../require-program.ts";
import { openSandbox, type Ran, type Sandbox } from "./open-sandbox.ts";
import { latin1, putTree, type InputTree } from "./put-action.ts";

// Actions as Bazel and its kin send them: on the host's toolchains, in a working tree of their own, SHA-256.

requireProgram(["crun", "--version"], "crun");

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox({ defaultRoot: "host" });
});
afterAll(() => sandbox[Symbol.asyncDispose]());

interface Parts {
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly inputs?: InputTree;
  readonly command?: Partial<Command>;
  readonly platform?: Readonly<Record<string, string>>;
}

/** Stores a message and says it under SHA-256. */
async function put(bytes: Uint8Array): Promise<Digest> {
  await sandbox.store.blobs.writeMany([{ bytes }]);
  return digestBytes("sha256", bytes);
}

/** The tree with digests of SHA-256. */
async function inputRoot(tree: InputTree): Promise<Digest> {
  const blake3 = await putTree(sandbox.store, tree);
  const { digest } = await sandbox.store.trees.fromReapi(blake3);
  return sandbox.store.trees.toReapi(digest, "sha256");
}

async function action(script: string, parts: Parts = {}): Promise<Digest> {
  const words = parts.arguments ?? ["/bin/sh", "-c", script];
  const environment = new Map(
    Object.entries(parts.environment ?? { PATH: "/usr/bin:/bin" }).map(([k, v]) => [latin1(k), latin1(v)] as const),
  );
  const commandDigest = await put(
    encodeCommand({ arguments: words.map(latin1), environment, outputPaths: [], ...parts.command }),
  );
  const platform = Object.entries(parts.platform ?? {}).map(([name, value]) => ({ name, value }));
  const inputRootDigest = await inputRoot(parts.inputs ?? { in: "input\n" });
  return put(encodeAction({ commandDigest, inputRootDigest, platform }));
}

async function run(script: string, parts: Parts = {}): Promise<Ran> {
  return sandbox.execute({ actionDigest: await action(script, parts) });
}

async function text(digest: Digest | undefined): Promise<string> {
  const [bytes] = await sandbox.store.blobs.readMany([digest!]);
  return Buffer.from(bytes!).toString();
}

const outputs = (...paths: string[]): Partial<Command> => ({ outputPaths: paths.map(latin1) });

describe("an action on the host's toolchains", () => {
  it("runs the host's programs over its inputs, and answers in SHA-256", async () => {
    const { response, stdout } = await run("cat in | tr a-z A-Z > out; pwd; echo err >&2", { command: outputs("out") });
    expect(stdout).toBe("/build\n");
    expect(response.result).toMatchObject({ exitCode: 0 });
    expect(response.result!.outputFiles).toEqual([
      { path: "out", digest: digestBytes("sha256", Buffer.from("INPUT\n")), isExecutable: false },
    ]);
    expect(await text(response.result!.stderrDigest)).toBe("err\n");
  });

  it("finds its program by a relative path, and a bare name by the PATH of the action", async () => {
    const inputs = { tools: { hello: { executable: "#!/bin/sh\necho hello $1\n" } }, sub: { s: "" } };
    const relative = await run("", { arguments: ["tools/hello", "1"], inputs });
    expect(relative.stdout).toBe("hello 1\n");
    const dotted = { arguments: ["../tools/hello", "2"], inputs, command: { workingDirectory: latin1("sub") } };
    expect((await run("", dotted)).stdout).toBe("hello 2\n");
    expect(
      (await run("", { arguments: ["hello", "3"], inputs, environment: { PATH: "/bin:/build/tools" } })).stdout,
    ).toBe("hello 3\n");
    expect((await run("", { arguments: ["basename", "a/b"] })).stdout).toBe("b\n");
  });

  it("is told with exit code 1 that its program is not there", async () => {
    const { exitCode, stderr } = await run("", { arguments: ["no-such-program"] });
    expect([exitCode, stderr]).toEqual([1, "error: executing 'no-such-program': No such file or directory\n"]);
  });

  it("has parents of its outputs made, and its own writable inputs", async () => {
    const inputs = { d: { f: "1", x: { executable: "2" } }, l: { target: "d/f" } };
    const script = "echo more >> d/f; rm d/x; echo a > o/p/q; cat d/f > o/r; mkdir -p o/dir/e; ln -s q o/link";
    const { response, stderr } = await run(script, {
      inputs,
      command: { ...outputs("o/p/q", "o/r", "o/dir", "o/link"), outputDirectoryFormat: "tree-and-directory" },
    });
    expect(stderr).toBe("");
    expect(response.result!.outputFiles.map(({ path }) => path)).toEqual(["o/p/q", "o/r"]);
    expect(response.result!.outputSymlinks).toEqual([{ path: "o/link", target: "q" }]);
    expect(response.result!.outputDirectories[0]).toMatchObject({ path: "o/dir", isTopologicallySorted: true });
    expect(response.result!.outputDirectories[0]!.rootDirectoryDigest!.fn).toBe("sha256");
    // The next action finds what the first has changed as it was.
    expect((await run("cat d/f d/x", { inputs })).stdout).toBe("12");
  });

  it("cannot write to the host, has its own /tmp and /dev, and no network", async () => {
    const script = `
      for place in / /usr /etc /bin/ /usr/lib; do touch $place/causeway-test 2>/dev/null && echo wrote $place; done
      ls -A /tmp; touch /tmp/x && echo tmp; echo 1 >/dev/null && echo dev
      cat /proc/net/dev | tail -n +3 | cut -d: -f1; ls /; ls /proc/1/exe >/dev/null; cat /etc/hostname >/dev/null`;
    const { stdout } = await run(script);
    expect(
      stdout
        .trim()
        .split(/\s+/)
        .filter((word) => !/^(lib\w*|sbin|bin|etc|usr|opt)$/.test(word)),
    ).toEqual(["tmp", "dev", "lo", "build", "dev", "proc", "tmp"]);
  });

  it("sees none of the host's other directories", async () => {
    const { stdout } = await run(`ls -d ${sandbox.home} /root /home /var /work 2>/dev/null; true`);
    expect(stdout).toBe("");
  });

  it("takes the input root as / where its program lies in it, and where a property says so", async () => {
    const busybox = readFileSync("/bin/busybox").toString("latin1");
    const system = {
      usr: { bin: { busybox: { executable: busybox }, sh: { target: "busybox" } } },
      bin: { target: "usr/bin" },
      dev: {},
      tmp: {},
    };
    expect((await run("pwd; busybox ls /", { inputs: system })).stdout).toBe("/\nbin\ndev\nproc\ntmp\nusr\n");
    expect((await run("", { inputs: system, arguments: ["sh", "-c", "pwd"] })).stdout).toBe("/\n");
    expect((await run("pwd", { inputs: system, platform: { root: "host" } })).stdout).toBe("/build\n");
    const refused = await run("pwd", { platform: { root: "input" } });
    expect([refused.exitCode, refused.stderr]).toEqual([1, "error: executing '/bin/sh': No such file or directory\n"]);
  });

  it("has the network when it asks for it", async () => {
    const own = readlinkSync("/proc/self/ns/net");
    const script = "readlink /proc/self/ns/net";
    expect((await run(script, { platform: { network: "on" } })).stdout.trim()).toBe(own);
    expect((await run(script, { platform: { dockerNetwork: "bridge" } })).stdout.trim()).toBe(own);
    expect((await run(script, { platform: { dockerNetwork: "off" } })).stdout.trim()).not.toBe(own);
  });

  it("is user and group as it asks", async () => {
    expect((await run("id -u; id -g", { platform: { unixUID: "7", unixGID: "8" } })).stdout).toBe("7\n8\n");
  });
});

describe("the lists of API 2.0", () => {
  const old = (files: readonly string[], directories: readonly string[]): Partial<Command> => ({
    outputFiles: files.map(latin1),
    outputDirectories: directories.map(latin1),
  });

  it("are answered, symlinks in both of theirs", async () => {
    const { response } = await run("echo 1 > a/f; ln -s f a/l; mkdir -p b/d; ln -s d b/l; ln -s x a/other", {
      command: old(["a/f", "a/l"], ["b/d", "b/l"]),
    });
    const result = response.result!;
    expect(result.outputFiles.map(({ path }) => path)).toEqual(["a/f"]);
    expect(result.outputDirectories.map(({ path }) => path)).toEqual(["b/d"]);
    expect(result.outputSymlinks).toEqual([
      { path: "a/l", target: "f", oldList: "files" },
      { path: "b/l", target: "d", oldList: "directories" },
    ]);
  });

  it("demand the kind they are for, and leave the logs when it is not there", async () => {
    const { response } = await run("echo why; mkdir f", { command: old(["f"], []) });
    expect(response.status).toMatchObject({ code: Code.FailedPrecondition });
    expect(await text(response.result!.stdoutDigest)).toBe("why\n");
    const other = await run("echo 1 > d", { command: old([], ["d"]) });
    expect(other.response.status).toMatchObject({ code: Code.FailedPrecondition });
  });

  it("may ask for the whole working directory", async () => {
    const { response } = await run("echo 1 > f", { command: old([], [""]), inputs: { in: "1" } });
    const [whole] = response.result!.outputDirectories;
    expect(whole!.path).toBe("");
    const { digest } = await sandbox.store.trees.fromTree(whole!.treeDigest!);
    const names = (await sandbox.store.directories.get(digest))!.entries.map(({ name }) => name);
    expect(names).toEqual(["f", "in"]);
  });
});

describe("outputs that are refused", () => {
  it.each(["mkfifo out", "mkdir out; mkfifo out/p"])("%s: no archive can hold it", async (script) => {
    const { response } = await run(`echo made; ${script}`, { command: outputs("out") });
    expect(response.status).toMatchObject({ code: Code.InvalidArgument });
    expect(response.status!.message).toMatch(/^output 'out(\/p)?' is a device, pipe or socket/);
    expect(await text(response.result!.stdoutDigest)).toBe("made\n");
    // And it is not found in the cache.
    expect(await sandbox.store.actionCache.get(await action(`echo made; ${script}`, { command: outputs("out") }))).toBe(
      undefined,
    );
  });

  it.each(["../out", "a/../../out", "/out"])("output path '%s' leaves the input root", async (path) => {
    await expect(run("true", { command: outputs(path) })).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  it("paths with '..' inside of the input root come back as they were", async () => {
    const { response } = await run("echo 1 > ../out", {
      inputs: { d: { f: "" } },
      command: { ...outputs("../out"), workingDirectory: latin1("d") },
    });
    expect(response.result!.outputFiles.map(({ path }) => path)).toEqual(["../out"]);
  });

  it("a working directory that is not in the input root is refused", async () => {
    const { response } = await run("true", { command: { workingDirectory: latin1("none") } }).catch(
      (error: unknown) => ({
        response: { status: error },
      }),
    );
    expect(response.status).toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("an execution that cannot be created", () => {
  it("names every input that is missing, before it is queued", async () => {
    const [file, nested] = [
      digestBytes("sha256", Buffer.from("absent file")),
      digestBytes("sha256", Buffer.from("absent")),
    ];
    const commandDigest = await put(
      encodeCommand({ arguments: [latin1("true")], environment: new Map(), outputPaths: [] }),
    );
    const inputRootDigest = await put(
      encodeReapiDirectory({
        files: [{ name: latin1("f"), digest: file, isExecutable: false }],
        directories: [{ name: latin1("d"), digest: nested }],
        symlinks: [],
      }),
    );
    const actionDigest = await put(encodeAction({ commandDigest, inputRootDigest }));
    const events: string[] = [];
    const running = (async () => {
      for await (const event of sandbox.executor.execute({ actionDigest }))
        events.push(event.type === "stage" ? event.stage : event.type);
    })();
    const subjects = [nested, file].map(({ hash, sizeBytes }) => `blobs/${hash}/${String(sizeBytes)}`);
    await expect(running).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      details: [{ kind: "missing-blobs", subjects }],
    });
    expect(events).toEqual(["cache-check"]);
  });

  it("asks for a property that nobody knows", async () => {
    await expect(run("true", { platform: { Pool: "big" } })).rejects.toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining("'Pool'") as string,
    });
  });
});

describe("instances", () => {
  it("do not share results", async () => {
    const actionDigest = await action("date +%s%N");
    const first = await sandbox.execute({ actionDigest, instanceName: "a" });
    expect(first.response.cachedResult).toBe(false);
    expect((await sandbox.execute({ actionDigest, instanceName: "a" })).response.cachedResult).toBe(true);
  });
});
