import { describe, expect, it } from "vitest";
import { blobResourceName, digestBytes, type Digest } from "@causeway/bridge/digest";
import {
  byteStringOf,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type Action,
  type Command,
} from "@causeway/bridge/formats";
import type { StatusError } from "@causeway/bridge/status";
import { Code, hasCode } from "@causeway/bridge/status";
import { createMemoryStore, type Store } from "@causeway/bridge/store";
import { loadAction } from "#src/action/load-action.js";
import { defaultLimits } from "#src/limits.js";

const limits = { ...defaultLimits, timeoutMsMax: 1000, defaultTimeoutMs: 500 };

async function put(store: Store, bytes: Uint8Array): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes("blake3", bytes);
}

function command(more: Partial<Command> = {}): Uint8Array {
  return encodeCommand({
    arguments: [byteStringOf("/bin/sh")],
    environment: new Map(),
    outputPaths: [],
    workingDirectory: byteStringOf("build"),
    ...more,
  });
}

async function load(more: { readonly action?: Partial<Action>; readonly command?: Partial<Command> } = {}) {
  const store = createMemoryStore();
  const root = await put(store, encodeReapiDirectory({ files: [], directories: [], symlinks: [] }));
  const action = encodeAction({
    commandDigest: await put(store, command(more.command)),
    inputRootDigest: root,
    ...more.action,
  });
  return loadAction(store, await put(store, action), { os: "linux", arch: "x64" }, limits);
}

describe("an action", () => {
  it("has the default timeout if it names none", async () => {
    expect((await load()).timeoutMs).toBe(500);
    expect((await load({ action: { timeoutMs: 0 } })).timeoutMs).toBe(500);
  });

  it("may have the longest timeout, and none longer", async () => {
    expect((await load({ action: { timeoutMs: 1000 } })).timeoutMs).toBe(1000);
    await expect(load({ action: { timeoutMs: 1001 } })).rejects.toSatisfy((error) =>
      hasCode(error, Code.InvalidArgument),
    );
  });

  it("finds its outputs from its working directory, by the new list or the old ones", async () => {
    const paths = ["../nix/store/a", "b"].map(byteStringOf);
    expect((await load({ command: { outputPaths: paths } })).outputs).toEqual([
      { path: "../nix/store/a", kind: "any", segments: ["nix", "store", "a"] },
      { path: "b", kind: "any", segments: ["build", "b"] },
    ]);
    const old = { outputFiles: [byteStringOf("f")], outputDirectories: [byteStringOf("")] };
    expect((await load({ command: old })).outputs).toEqual([
      { path: "f", kind: "file", segments: ["build", "f"] },
      { path: "", kind: "directory", segments: ["build"] },
    ]);
  });

  it.each<[string, Partial<Command>]>([
    ["no arguments", { arguments: [] }],
    ["an output outside the root", { outputPaths: [byteStringOf("../../x")] }],
    ["an absolute working directory", { workingDirectory: byteStringOf("/build") }],
    ["a NUL in an argument", { arguments: [byteStringOf("a\0b")] }],
    ["an equals sign in a variable's name", { environment: new Map([[byteStringOf("A=B"), byteStringOf("")]]) }],
    ["node properties", { outputNodeProperties: ["mtime"] }],
  ])("is refused with %s", async (_, more) => {
    await expect(load({ command: more })).rejects.toSatisfy((error) => hasCode(error, Code.InvalidArgument));
  });

  it("that is malformed is refused", async () => {
    const store = createMemoryStore();
    const digest = await put(store, Buffer.from("not a message"));
    await expect(loadAction(store, digest, { os: "linux", arch: "x64" }, limits)).rejects.toSatisfy((error) =>
      hasCode(error, Code.InvalidArgument),
    );
  });

  it("names the command and all inputs that are missing", async () => {
    const store = createMemoryStore();
    const file = digestBytes("blake3", Buffer.from("a file"));
    const directory = digestBytes("blake3", Buffer.from("a directory"));
    const commandDigest = digestBytes("blake3", command());
    const inputRootDigest = await put(
      store,
      encodeReapiDirectory({
        files: [{ name: byteStringOf("f"), digest: file, isExecutable: false }],
        directories: [{ name: byteStringOf("d"), digest: directory }],
        symlinks: [],
      }),
    );
    const digest = await put(store, encodeAction({ commandDigest, inputRootDigest }));
    const error: unknown = await loadAction(store, digest, { os: "linux", arch: "x64" }, limits).catch(
      (reason: unknown) => reason,
    );
    expect(hasCode(error, Code.FailedPrecondition)).toBe(true);
    expect((error as StatusError).details.flatMap(({ subjects }) => subjects).sort()).toEqual(
      [commandDigest, file, directory].map(blobResourceName).sort(),
    );
  });
});
