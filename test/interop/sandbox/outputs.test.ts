import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { decodeReapiDirectory, splitTree, type ActionResult, type Directory } from "@causeway/bridge/formats";
import { requireProgram } from "../require-program.ts";
import { openSandbox, type Ran, type Sandbox } from "./open-sandbox.ts";

// What comes back as the outputs of an action.

requireProgram(["busybox", "true"], "busybox-static");
requireProgram(["crun", "--version"], "crun");

const OUT = "../nix/store/out";
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

function resultOf(ran: Ran): ActionResult {
  if (ran.response.result === undefined) throw new Error("no result");
  expect(ran.exitCode, ran.stdout).toBe(0);
  return ran.response.result;
}

async function outputs(script: string, parts: Parameters<Sandbox["run"]>[1] = {}): Promise<ActionResult> {
  return resultOf(await sandbox.run(script, parts));
}

async function read(digest: Digest): Promise<Buffer> {
  const [bytes] = await sandbox.store.blobs.readMany([digest]);
  if (bytes === undefined) throw new Error(`blob ${digest.hash} is not in the store`);
  return Buffer.from(bytes);
}

async function directory(digest: Digest): Promise<Directory> {
  return decodeReapiDirectory(await read(digest), digest.fn);
}

function notes(result: ActionResult): unknown {
  const [note, ...more] = result.metadata?.auxiliary ?? [];
  expect(more).toEqual([]);
  if (note === undefined) return undefined;
  expect(note.typeUrl).toBe("type.googleapis.com/causeway.executor.v1.OutputNotes");
  return (JSON.parse(Buffer.from(note.value).toString()) as { outputs: unknown }).outputs;
}

describe("the outputs of an action", () => {
  it("are a file with its contents", async () => {
    const { outputFiles } = await outputs(`echo hello > ${OUT}`);
    expect(outputFiles).toEqual([
      { path: OUT, digest: digestBytes("blake3", Buffer.from("hello\n")), isExecutable: false },
    ]);
    expect((await read(outputFiles[0]!.digest)).toString()).toBe("hello\n");
  });

  it("are an empty file", async () => {
    const { outputFiles } = await outputs(`: > ${OUT}`);
    expect(outputFiles[0]!.digest).toEqual(digestBytes("blake3", Buffer.alloc(0)));
  });

  it.each(["700", "755", "511", "100"])("are executable with mode %s", async (mode) => {
    const { outputFiles } = await outputs(`echo x > ${OUT}; chmod ${mode} ${OUT}`);
    expect(outputFiles[0]!.isExecutable).toBe(true);
  });

  it("are read though nobody may read them", async () => {
    const { outputFiles } = await outputs(`echo x > ${OUT}; chmod 0 ${OUT}`);
    expect((await read(outputFiles[0]!.digest)).toString()).toBe("x\n");
  });

  it("are a directory, with digests of its Tree and of its root", async () => {
    const { outputDirectories } = await outputs(
      `mkdir -p ${OUT}/a/b ${OUT}/empty; echo 1 > ${OUT}/a/b/f; ln -s ../f ${OUT}/a/l; echo '#!' > ${OUT}/x; chmod +x ${OUT}/x`,
    );
    const [output] = outputDirectories;
    expect(output!.path).toBe(OUT);
    expect(output!.isTopologicallySorted).toBe(true);
    const root = await directory(output!.rootDirectoryDigest!);
    expect(root.files.map(({ name, isExecutable }) => [name, isExecutable])).toEqual([["x", true]]);
    expect(root.directories.map(({ name }) => name)).toEqual(["a", "empty"]);
    const a = await directory(root.directories[0]!.digest);
    expect(a.symlinks.map(({ name, target }) => [name, target])).toEqual([["l", "../f"]]);
    const tree = splitTree(await read(output!.treeDigest!));
    expect(decodeReapiDirectory(tree.root, "blake3")).toEqual(root);
  });

  it("are an empty directory", async () => {
    const { outputDirectories } = await outputs(`mkdir ${OUT}`);
    expect(outputDirectories[0]!.rootDirectoryDigest).toEqual(digestBytes("blake3", Buffer.alloc(0)));
  });

  it.each(["data", "/nix/store/data", "nowhere", "/etc/shadow", ".."])(
    "are a symlink to %s as it is",
    async (target) => {
      const result = await outputs(`ln -s ${target} ${OUT}`);
      expect(result.outputSymlinks).toEqual([{ path: OUT, target }]);
      expect([result.outputFiles, result.outputDirectories]).toEqual([[], []]);
    },
  );

  it("are left out when they are missing", async () => {
    const result = await outputs(`echo x > ${OUT}`, { outputs: [OUT, "../nix/store/none", "not/here"] });
    expect(result.outputFiles.map(({ path }) => path)).toEqual([OUT]);
  });

  it("are left out when a symlink or file stands above them", async () => {
    const script = "rmdir link/bin link file; ln -s / link; echo x > file";
    const result = await outputs(script, {
      outputs: ["link/bin/sh", "file/x", "file"],
      platform: { inputs: "writable" },
    });
    expect(result.outputFiles.map(({ path }) => path)).toEqual(["file"]);
  });

  it("do not lead out of the sandbox by a symlink in place of a parent directory", async () => {
    const result = await outputs("mv up gone; ln -s ../../../../../../etc up", { outputs: ["up/passwd"] });
    expect(result.outputFiles).toEqual([]);
  });

  it("have their parent directories before the command starts", async () => {
    const result = await outputs("echo x > deep/er/file", {
      outputs: ["deep/er/file"],
      platform: { inputs: "writable" },
    });
    expect(result.outputFiles.map(({ path }) => path)).toEqual(["deep/er/file"]);
  });

  it("are noted when they are, or hold, what no archive holds", async () => {
    expect(notes(await outputs(`mkfifo ${OUT}`))).toEqual({ [OUT]: { unsupported: "" } });
    expect(notes(await outputs(`mkdir ${OUT} ${OUT}/d; mkfifo ${OUT}/d/p`))).toEqual({ [OUT]: { unsupported: "d/p" } });
  });

  it.each(["666", "620", "777"])("are noted when others could write to them: mode %s", async (mode) => {
    expect(notes(await outputs(`echo x > ${OUT}; chmod ${mode} ${OUT}`))).toEqual({ [OUT]: { suspicious: true } });
  });

  it("are not noted otherwise", async () => {
    expect(notes(await outputs(`echo x > ${OUT}`))).toBeUndefined();
  });

  it("keep names that are not UTF-8", async () => {
    const { outputDirectories } = await outputs(`mkdir ${OUT}; echo x > "$(printf '${OUT}/caf\\351')"`);
    const root = await directory(outputDirectories[0]!.rootDirectoryDigest!);
    expect(root.files.map(({ name }) => name)).toEqual(["caf\xe9"]);
  });

  it("keep targets of symlinks that are not UTF-8", async () => {
    const { outputSymlinks } = await outputs(`ln -s "$(printf 'caf\\351')" ${OUT}`);
    expect(outputSymlinks).toEqual([{ path: OUT, target: "caf\xe9" }]);
  });

  it("may be of either kind in the lists of API 2.0, but of the right one", async () => {
    const old = { outputPaths: [], outputFiles: ["f" as never], outputDirectories: ["d" as never] };
    const result = await outputs("echo x > f; mkdir d", { command: old });
    expect([result.outputFiles.length, result.outputDirectories.length]).toEqual([1, 1]);
    const { response } = await sandbox.run("mkdir f; mkdir d", { command: old });
    expect(response.status?.message).toBe("output 'f' is not a file");
  });

  it("come without a Tree, or without a root digest, as the command asks", async () => {
    const only = (outputDirectoryFormat: "directory-only" | "tree-only"): Promise<ActionResult> =>
      outputs(`mkdir ${OUT}`, { command: { outputDirectoryFormat } });
    expect((await only("directory-only")).outputDirectories[0]).not.toHaveProperty("treeDigest");
    expect((await only("tree-only")).outputDirectories[0]).not.toHaveProperty("rootDirectoryDigest");
  });

  it("keep a log of 20 000 lines whole and in order", async () => {
    const ran = await sandbox.run("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
    expect(ran.stdout).toBe(expected);
    expect((await read(resultOf(ran).stdoutDigest!)).toString()).toBe(expected);
  });

  it("keep a log of several megabytes", async () => {
    const result = resultOf(await sandbox.run("head -c 3000000 /dev/zero | tr '\\0' x"));
    expect(result.stdoutDigest).toEqual(digestBytes("blake3", Buffer.alloc(3_000_000, "x")));
  });

  it("have no log when nothing was written", async () => {
    const result = await outputs(":");
    expect(result).not.toHaveProperty("stdoutDigest");
    expect(result).not.toHaveProperty("stderrDigest");
  });

  it("come with digests of the function that the action has", async () => {
    const command = await sandbox.action(`echo x > ${OUT}`);
    expect(command.fn).toBe("blake3");
  });
});
