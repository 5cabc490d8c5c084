import { describe, expect, it } from "vitest";
import { digestOf, emptyBlob } from "#src/digest/index.js";
import {
  CastoreError,
  ReapiError,
  TreeDecoder,
  decodeAction,
  decodeActionResult,
  decodeCommand,
  decodeDirectory,
  decodeEntry,
  decodeReapiDirectory,
  decodeTree,
  encodeAction,
  encodeActionResult,
  encodeCommand,
  encodeDirectory,
  encodeEntry,
  encodeReapiDirectory,
  encodeTree,
  type ByteString,
} from "#src/formats/index.js";
import { below, cutUp, mutate, randomOf } from "./mutate.js";

const ROUNDS = 4000;
const raw = (bytes: string): ByteString => bytes as ByteString;
const digest = digestOf(emptyBlob, "sha256");
const size = 0;

const castore = encodeDirectory({
  entries: [
    { name: raw("a"), node: { type: "directory", digest: emptyBlob.blake3, size: 300 } },
    { name: raw("b"), node: { type: "file", digest: emptyBlob.blake3, size, executable: true } },
    { name: raw("c\xff"), node: { type: "symlink", target: raw("../x") } },
    { name: raw("d"), node: { type: "directory", digest: emptyBlob.blake3, size } },
  ],
});
const entry = encodeEntry({ type: "file", digest: emptyBlob.blake3, size: 12, executable: true });
const nodeProperties = { properties: [{ name: "k", value: "v" }], mtimeMs: 1.5, unixMode: 0o644 };
const directory = encodeReapiDirectory({
  files: [
    { name: raw("a"), digest, isExecutable: true, nodeProperties },
    { name: raw("b"), digest, isExecutable: false },
  ],
  directories: [{ name: raw("c"), digest }],
  symlinks: [{ name: raw("d"), target: raw("t"), nodeProperties }],
  nodeProperties,
});
const action = encodeAction({
  commandDigest: digest,
  inputRootDigest: digest,
  timeoutMs: 1000.5,
  doNotCache: true,
  salt: Buffer.from("salt"),
  platform: [{ name: "k", value: "v" }],
});
const command = encodeCommand({
  arguments: [raw("a"), raw("b")],
  environment: new Map([
    [raw("A"), raw("1")],
    [raw("B"), raw("2")],
  ]),
  outputPaths: [raw("x"), raw("y")],
  outputNodeProperties: ["mtime"],
  outputDirectoryFormat: "directory-only",
  workingDirectory: raw("w"),
  platform: [{ name: "k", value: "v" }],
});
const result = encodeActionResult({
  outputFiles: [{ path: raw("f"), digest, isExecutable: true, contents: Buffer.from("c") }],
  outputDirectories: [{ path: raw("d"), treeDigest: digest, rootDirectoryDigest: digest, isTopologicallySorted: true }],
  outputSymlinks: [{ path: raw("l"), target: raw("t") }],
  exitCode: -1,
  stdoutRaw: Buffer.from("out"),
  stderrDigest: digest,
  metadata: { worker: "w", queuedMs: 1, auxiliary: [{ typeUrl: "t", value: Buffer.from("v") }] },
});
const tree = encodeTree(directory, [directory, Buffer.alloc(0), directory]);

/** Decodes mutations, and returns how many were accepted. Whatever is accepted must survive being written and read again. */
function fuzz<T>(
  seed: number,
  valid: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  own: typeof CastoreError | typeof ReapiError,
  encode?: (value: T) => Uint8Array,
): number {
  const random = randomOf(seed);
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(random, valid);
    let value: T;
    try {
      value = decode(bytes);
    } catch (reason) {
      if (!(reason instanceof own)) throw new Error(`seed ${String(seed)}, round ${String(round)}`, { cause: reason });
      continue;
    }
    accepted++;
    if (encode !== undefined) expect(decode(encode(value))).toEqual(value);
  }
  return accepted;
}

describe("decoders of mutated messages", () => {
  it.each<[string, () => number]>([
    ["castore Directory", () => fuzz(1, castore, decodeDirectory, CastoreError, encodeDirectory)],
    ["castore Entry", () => fuzz(2, entry, decodeEntry, CastoreError, encodeEntry)],
    ["Directory", () => fuzz(3, directory, (b) => decodeReapiDirectory(b, "sha256"), ReapiError, encodeReapiDirectory)],
    ["Action", () => fuzz(4, action, (b) => decodeAction(b, "sha256"), ReapiError)],
    ["Command", () => fuzz(5, command, decodeCommand, ReapiError)],
    ["ActionResult", () => fuzz(6, result, (b) => decodeActionResult(b, "sha256"), ReapiError, encodeActionResult)],
    ["Tree", () => fuzz(7, tree, (b) => [...decodeTree(b)], ReapiError)],
  ])("of %s fail with their own error, or read what can be written again", (_, run) => {
    const accepted = run();
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(ROUNDS);
  });

  it("of a Tree find the same whatever the pieces", () => {
    const random = randomOf(8);
    /** The directories, or only the error: which directories come before it depends on the pieces. */
    const outcome = (pieces: readonly Uint8Array[]): unknown => {
      const decoder = new TreeDecoder({ directoryBytesMax: 1000 });
      const seen: unknown[] = [];
      try {
        for (const piece of pieces)
          for (const { kind, bytes } of decoder.push(piece)) seen.push([kind, Buffer.from(bytes).toString("hex")]);
        decoder.end();
        return seen;
      } catch (reason) {
        if (!(reason instanceof ReapiError)) throw reason;
        return { offset: reason.offset, message: reason.message };
      }
    };
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = mutate(random, tree);
      expect(outcome(cutUp(random, bytes)), `round ${String(round)}`).toEqual(outcome([bytes]));
    }
  });

  it("of noise fail with their own error", () => {
    const random = randomOf(9);
    for (let round = 0; round < ROUNDS; round++) {
      const noise = Buffer.from(Array.from({ length: 1 + below(random, 60) }, () => below(random, 256)));
      for (const [own, decode] of [
        [CastoreError, decodeDirectory],
        [CastoreError, decodeEntry],
        [ReapiError, (bytes: Uint8Array) => decodeReapiDirectory(bytes, "blake3")],
        [ReapiError, (bytes: Uint8Array) => decodeAction(bytes, "blake3")],
        [ReapiError, decodeCommand],
        [ReapiError, (bytes: Uint8Array) => decodeActionResult(bytes, "blake3")],
        [ReapiError, (bytes: Uint8Array) => [...decodeTree(bytes)]],
      ] as const) {
        try {
          decode(noise);
        } catch (reason) {
          expect(reason).toBeInstanceOf(own);
        }
      }
    }
  });
});
