import { beforeEach, describe, expect, it } from "vitest";
import { blobInfoOf, digestBytes, digestFunctions, type Digest, type DigestFunction } from "#src/digest/index.js";
import {
  byteStringOf,
  decodeActionResult,
  encodeAction,
  encodeActionResult,
  encodeCommand,
  type ActionResult,
} from "#src/formats/index.js";
import { createActionCacheService, type Service } from "#src/grpc/index.js";
import { digestFunctionNumber } from "#src/grpc/digest-function.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";
import { callOf, callUnary } from "./call-service.js";

// Source of the rules: REAPI, ActionCache.

let store: Store;
let service: Service;
beforeEach(() => {
  const memory = createMemoryStore();
  store = memory;
  service = createActionCacheService({ blobs: memory.blobs, actionCache: memory.actionCache });
});

const rejects = (code: Code): unknown => expect.objectContaining({ name: "StatusError", code });
const nothing: ActionResult = { outputFiles: [], outputDirectories: [], outputSymlinks: [], exitCode: 0 };

async function put(bytes: Uint8Array, fn: DigestFunction = "sha256"): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes(fn, bytes);
}

/** An action with its command and its (empty) input root. */
async function putAction(fn: DigestFunction = "sha256"): Promise<Digest> {
  const command = { arguments: [byteStringOf("true")], environment: new Map(), outputPaths: [] };
  const commandDigest = await put(encodeCommand(command), fn);
  const inputRootDigest = digestBytes(fn, new Uint8Array());
  return put(encodeAction({ commandDigest, inputRootDigest, doNotCache: false }), fn);
}

const wire = ({ hash, sizeBytes }: Digest): { hash: string; sizeBytes: number } => ({ hash, sizeBytes });

/** As the wire has it: the field of the result holds bytes, and all fields are there. */
const request = (action: Digest, more: object = {}): object => ({
  instanceName: "",
  actionDigest: wire(action),
  inlineStdout: false,
  inlineStderr: false,
  inlineOutputFiles: [],
  digestFunction: digestFunctionNumber[action.fn],
  ...more,
});
const update = (action: Digest, result: ActionResult, more: object = {}, call = callOf()): Promise<Uint8Array> =>
  callUnary(
    service,
    "UpdateActionResult",
    request(action, { actionResult: encodeActionResult(result), ...more }),
    call,
  );
const get = async (action: Digest, more: object = {}, call = callOf()): Promise<ActionResult> =>
  decodeActionResult(await callUnary<Uint8Array>(service, "GetActionResult", request(action, more), call), action.fn);

describe("an action's result", () => {
  it.each(digestFunctions)("is answered as it was put, in its instance only (%s)", async (fn) => {
    const action = await putAction(fn);
    const file = await put(Buffer.from("file"), fn);
    const result = { ...nothing, outputFiles: [{ path: byteStringOf("f"), digest: file, isExecutable: true }] };
    await expect(get(action)).rejects.toEqual(rejects(Code.NotFound));
    await update(action, result, { instanceName: "a/b" });
    expect((await get(action, { instanceName: "a/b" })).outputFiles).toEqual(result.outputFiles);
    await expect(get(action)).rejects.toEqual(rejects(Code.NotFound));
    await expect(get(action, { instanceName: "a" })).rejects.toEqual(rejects(Code.NotFound));
  });

  it.each([-1, 0, 77])("is found and put by the action's hash, if its size is said to be %i", async (sizeBytes) => {
    const action = await putAction();
    await update({ ...action, sizeBytes }, { ...nothing, exitCode: 3 });
    expect((await get(action)).exitCode).toBe(3);
    expect((await get({ ...action, sizeBytes })).exitCode).toBe(3);
  });

  it("has standard output, error and files in it when asked to", async () => {
    const action = await putAction();
    const [out, error, file] = await Promise.all(["out", "error", "file"].map((text) => put(Buffer.from(text))));
    await update(action, {
      ...nothing,
      outputFiles: [{ path: byteStringOf("f"), digest: file!, isExecutable: false }],
      stdoutDigest: out!,
      stderrDigest: error!,
    });
    const whole = await get(action, { inlineStdout: true, inlineStderr: true, inlineOutputFiles: ["f", "other"] });
    expect(Buffer.from(whole.stdoutRaw!).toString()).toBe("out");
    expect(Buffer.from(whole.stderrRaw!).toString()).toBe("error");
    expect(Buffer.from(whole.outputFiles[0]!.contents!).toString()).toBe("file");
    expect((await get(action)).stdoutRaw?.byteLength ?? 0).toBe(0);
  });

  it("is refused without the action, without its command, or without an output, by the name of what is missing", async () => {
    const action = await putAction();
    const absent = blobInfoOf(Buffer.from("absent"));
    const missing = { fn: "sha256", hash: absent.sha256, sizeBytes: 6 } as const;
    const subjects = (hash: string): unknown =>
      expect.objectContaining({
        code: Code.FailedPrecondition,
        details: [{ kind: "missing-blobs", subjects: [expect.stringContaining(hash)] }],
      });
    await expect(update(missing, nothing)).rejects.toEqual(subjects(absent.sha256));
    const inputRootDigest = digestBytes("sha256", new Uint8Array());
    const other = await put(encodeAction({ commandDigest: missing, inputRootDigest, doNotCache: false }));
    await expect(update(other, nothing)).rejects.toEqual(subjects(absent.sha256));
    await expect(update(action, { ...nothing, stdoutDigest: missing })).rejects.toEqual(subjects(absent.sha256));
  });

  it("is refused if the digest is none, is of another function, or is not an action's", async () => {
    const action = await putAction();
    for (const more of [
      { actionDigest: { hash: "ABC", sizeBytes: 3 } },
      { actionDigest: { hash: action.hash.toUpperCase(), sizeBytes: 3 } },
      { actionDigest: undefined },
      { digestFunction: 3 },
      { instanceName: "a//b" },
      { instanceName: "x/blobs" },
    ]) {
      await expect(update(action, nothing, more)).rejects.toEqual(rejects(Code.InvalidArgument));
      await expect(get(action, more)).rejects.toEqual(rejects(Code.InvalidArgument));
    }
    const text = await put(Buffer.from("\xff\xff\xff no action", "latin1"));
    await expect(update(text, nothing)).rejects.toEqual(rejects(Code.InvalidArgument));
  });

  it("is put by those who may write, and read by those who may read", async () => {
    const action = await putAction();
    const may = (right: string) => ({ name: right, anonymous: false, allows: (asked: string) => asked === right });
    await expect(update(action, nothing, {}, callOf(may("read")))).rejects.toEqual(rejects(Code.PermissionDenied));
    await expect(update(action, nothing, {}, callOf(may("execute")))).rejects.toEqual(rejects(Code.PermissionDenied));
    await update(action, nothing, {}, callOf(may("write")));
    await expect(get(action, {}, callOf(may("write")))).rejects.toEqual(rejects(Code.PermissionDenied));
    expect(await get(action, {}, callOf(may("read")))).toBeDefined();
  });
});
