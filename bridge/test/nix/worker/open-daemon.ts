import type { BuildOptions, BuildReport, BuildRequest, Coordinator } from "#src/coordinator/index.js";
import {
  DEFAULT_STORE_DIR,
  makeFixedOutputPath,
  NarEncoder,
  type NarEvent,
  type StorePath,
} from "#src/formats/index.js";
import { hashBytes } from "#src/digest/index.js";
import { createNixStoreSource } from "#src/nix/index.js";
import {
  createBasicDerivations,
  createDaemon,
  serveWorker,
  type Daemon,
  type WorkerStream,
} from "#src/nix/worker/index.js";
import { PROTOCOL_MINOR, versionOf } from "#src/nix/worker/protocol.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import type { Substituter } from "#src/nix/substitute/index.js";
import { createMemoryStore } from "#src/store/index.js";

export const STORE_DIR = DEFAULT_STORE_DIR;
export const NOW_MS = 1_800_000_000_500;

/** Builds nothing: each request ends as `answer` says, by default as a failure that names it. */
export type Answer = (
  requests: readonly BuildRequest[],
  signal: AbortSignal | undefined,
  onEvent: BuildOptions["onEvent"],
) => Promise<BuildReport>;

const failAll: Answer = async (requests) => ({
  results: requests.map(({ drvPath }) => ({
    drvPath,
    status: 3,
    outputs: new Map(),
    errorText: `${drvPath} is not built here`,
    timesBuilt: 0,
  })),
  failures: [],
});

/** A daemon over an empty store in memory. */
export function openDaemon(
  options: {
    readonly answer?: Answer;
    readonly publicKeys?: readonly string[];
    readonly rootsDirectory?: string;
    readonly substituter?: Substituter;
  } = {},
): Daemon {
  const store = createMemoryStore();
  const answer = options.answer ?? failAll;
  const coordinator: Coordinator = {
    build: (requests, { signal, onEvent } = {}) => answer(requests, signal, onEvent),
    [Symbol.asyncDispose]: async () => undefined,
  };
  return createDaemon({
    store,
    storeDir: STORE_DIR,
    coordinator,
    derivations: createNixStoreSource({ store, storeDir: STORE_DIR, directories: [], nowSeconds: () => NOW_MS / 1000 }),
    basicDerivations: createBasicDerivations(),
    rootsDirectory: options.rootsDirectory ?? "/nonexistent/gcroots",
    substituter: options.substituter,
    publicKeys: options.publicKeys ?? [],
    buildDefaults: {},
    processId: 7,
    version: "test",
    clock: { nowMs: () => NOW_MS },
  });
}

/** What a client says first. */
export function hello(minor = PROTOCOL_MINOR, features: readonly string[] = []): Buffer {
  const writer = new WireWriter().halves(0x6e697863, 0).number(versionOf(minor));
  if (minor >= 38) writer.texts(features);
  return writer.number(0).number(0).take();
}

/** How a conversation went. */
export interface Conversation {
  /** Everything that the client was sent. */
  readonly sent: Buffer;
}

/** Lets a client say all of `bytes`, in these pieces, and hang up. */
export async function converse(
  daemon: Daemon,
  pieces: readonly Uint8Array[],
  options: { readonly isTrusted?: boolean; readonly stopsReading?: boolean } = {},
): Promise<Conversation> {
  const stuck = Promise.withResolvers<undefined>();
  const sent: Uint8Array[] = [];
  const stream: WorkerStream = {
    input: (async function* () {
      yield* pieces;
      // It is still there, but does nothing any more.
      if (options.stopsReading === true) await stuck.promise;
    })(),
    async write(bytes) {
      sent.push(Buffer.from(bytes));
      if (options.stopsReading === true && bytes.byteLength > 1 << 20) await stuck.promise;
    },
    destroy: () => stuck.resolve(undefined),
  };
  await serveWorker(stream, daemon, { isTrusted: options.isTrusted ?? true });
  return { sent: Buffer.concat(sent) };
}

/** Bytes in frames. */
export function framed(bytes: Uint8Array, frameBytes = 1000): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += frameBytes) {
    const frame = bytes.subarray(at, at + frameBytes);
    parts.push(new WireWriter().number(frame.byteLength).take(), frame);
  }
  return Buffer.concat([...parts, new WireWriter().number(0).take()]);
}

/** An archive of one file. */
export function narOfText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const events: NarEvent[] = [
    { type: "file", executable: false, sizeBytes: bytes.byteLength },
    ...(bytes.byteLength > 0 ? [{ type: "contents", bytes } as const] : []),
    { type: "end" },
  ];
  const encoder = new NarEncoder();
  const parts: Uint8Array[] = [];
  const emit = (part: Uint8Array): void => void parts.push(Buffer.from(part));
  for (const event of events) encoder.push(event, emit);
  encoder.end(emit);
  return Buffer.concat(parts);
}

/** A path that follows from its contents. */
export interface AddressedPath {
  readonly path: StorePath;
  readonly full: string;
  readonly nar: Buffer;
  readonly narHash: string;
  readonly ca: string;
}

export function addressedPath(name: string, text: string): AddressedPath {
  const nar = narOfText(text);
  const narHash = hashBytes("sha256", nar);
  const ca = { method: "nar", hash: { algorithm: "sha256", hex: narHash } } as const;
  const path = makeFixedOutputPath(STORE_DIR, name, ca, {});
  return { path, full: `${STORE_DIR}/${path}`, nar, narHash, ca: `fixed:r:sha256:${narHash}` };
}

/** What a client says of a path. */
export function pathInfo(
  path: { readonly full: string; readonly narHash: string; readonly nar: Uint8Array; readonly ca?: string },
  more: { readonly signatures?: readonly string[]; readonly references?: readonly string[] } = {},
): Buffer {
  const writer = new WireWriter().text(path.full).text("").text(path.narHash);
  writer
    .texts(more.references ?? [])
    .number(0)
    .number(path.nar.byteLength)
    .bool(false);
  return writer
    .texts(more.signatures ?? [])
    .text(path.ca ?? "")
    .take();
}
