import { describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import {
  byteStringOf,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type Action,
  type Command,
} from "@causeway/bridge/formats";
import { Code } from "@causeway/bridge/status";
import { createMemoryStore, type Store } from "@causeway/bridge/store";
import { loadAction, type LoadedAction } from "#src/action/load-action.js";
import { defaultLimits } from "#src/limits.js";

const machine = { os: "linux", arch: "x64" };
const B = byteStringOf;

async function put(store: Store, bytes: Uint8Array): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes("blake3", bytes);
}

async function load(command: Partial<Command> = {}, action: Partial<Action> = {}): Promise<LoadedAction> {
  await using store = createMemoryStore();
  const commandDigest = await put(
    store,
    encodeCommand({ arguments: [B("sh")], environment: new Map(), outputPaths: [], ...command }),
  );
  const inputRootDigest = await put(store, encodeReapiDirectory({ files: [], directories: [], symlinks: [] }));
  const digest = await put(store, encodeAction({ commandDigest, inputRootDigest, ...action }));
  return await loadAction(store, digest, machine, defaultLimits);
}

describe("an action that is read", () => {
  it("has its paths resolved from the working directory, each once", async () => {
    const { outputs, workingDirectory } = await load({
      workingDirectory: B("build"),
      outputPaths: [B("../nix/store/out"), B("x"), B("x")],
    });
    expect(workingDirectory).toEqual(["build"]);
    expect(outputs).toEqual([
      { path: "../nix/store/out", segments: ["nix", "store", "out"], kind: "any" },
      { path: "x", segments: ["build", "x"], kind: "any" },
    ]);
  });

  it("has the lists of API 2.0 only where it has no output paths", async () => {
    const old = { outputFiles: [B("f")], outputDirectories: [B(""), B("d")] };
    expect((await load(old)).outputs.map(({ path, kind }) => [path, kind])).toEqual([
      ["f", "file"],
      ["", "directory"],
      ["d", "directory"],
    ]);
    expect((await load({ ...old, outputPaths: [B("p")] })).outputs.map(({ path }) => path)).toEqual(["p"]);
  });

  it("has the platform of the action rather than that of the command", async () => {
    const command = { platform: [{ name: "unixUID", value: "1" }] };
    expect((await load(command)).platform.uid).toBe(1);
    expect((await load(command, { platform: [{ name: "unixUID", value: "2" }] })).platform.uid).toBe(2);
  });

  it("has the default timeout where it names none", async () => {
    expect((await load()).timeoutMs).toBe(defaultLimits.defaultTimeoutMs);
    expect((await load({}, { timeoutMs: 5000 })).timeoutMs).toBe(5000);
  });

  it.each<[string, Partial<Command>, Partial<Action>]>([
    ["no arguments", { arguments: [] }, {}],
    ["an argument with a NUL", { arguments: [B("a\0b")] }, {}],
    ["a variable with a NUL", { environment: new Map([[B("A"), B("\0")]]) }, {}],
    ["a variable with a '=' in its name", { environment: new Map([[B("A=B"), B("")]]) }, {}],
    ["a variable without a name", { environment: new Map([[B(""), B("x")]]) }, {}],
    ["an absolute working directory", { workingDirectory: B("/build") }, {}],
    ["an output outside", { outputPaths: [B("../x")] }, {}],
    ["an empty output path", { outputPaths: [B("")] }, {}],
    ["node properties of outputs", { outputNodeProperties: ["mtime"] }, {}],
    ["a timeout over the limit", {}, { timeoutMs: defaultLimits.timeoutMsMax + 1 }],
  ])("is refused with %s", async (_, command, action) => {
    await expect(load(command, action)).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  it("is refused when it is no Action", async () => {
    await using store = createMemoryStore();
    const digest = await put(store, Buffer.from("\xff\xff\xff"));
    await expect(loadAction(store, digest, machine, defaultLimits)).rejects.toMatchObject({
      code: Code.InvalidArgument,
      message: expect.stringContaining("malformed Action") as string,
    });
  });

  it("names its missing Command together with what its inputs miss", async () => {
    await using store = createMemoryStore();
    const gone = (text: string): Digest => digestBytes("blake3", Buffer.from(text));
    const inputRootDigest = await put(
      store,
      encodeReapiDirectory({
        files: [{ name: B("f"), digest: gone("file"), isExecutable: false }],
        directories: [],
        symlinks: [],
      }),
    );
    const digest = await put(store, encodeAction({ commandDigest: gone("command"), inputRootDigest }));
    await expect(loadAction(store, digest, machine, defaultLimits)).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      details: [
        {
          kind: "missing-blobs",
          subjects: [
            expect.stringContaining(gone("command").hash) as string,
            expect.stringContaining(gone("file").hash) as string,
          ],
        },
      ],
    });
  });
});
