import { blobInfoOf, digestBytes, digestKey, digestOf, type Digest } from "#src/digest/index.js";
import type {
  PreparedBuild,
  PreparedOutputs,
  Registrar,
  Translator,
  DerivationSource,
} from "#src/coordinator/build.js";
import type { OutputSubstituter } from "#src/coordinator/substitution.js";
import type { WaitingClock } from "#src/coordinator/waiting-clock.js";
import { createCoordinator, type Coordinator } from "#src/coordinator/driver.js";
import type { Limits } from "#src/coordinator/state.js";
import type { ExecuteRequest, Execution, ExecutionEvent } from "#src/execution/index.js";
import type { Derivation, DerivationOutput } from "#src/formats/derivation/derivation.js";
import type { ActionResult } from "#src/formats/reapi/messages.js";
import type { StorePath } from "#src/formats/store-path/store-path.js";
import { Code, StatusError } from "#src/status/index.js";
import type { BlobStore, PathInfo, PathInfoStore } from "#src/store/index.js";
import type { NoteStore } from "#src/store/store.js";

/** A derivation in shorthand. */
export interface FakeDerivation {
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly sources?: readonly string[];
  readonly outputs?: Readonly<Record<string, DerivationOutput["type"]>>;
  readonly dynamic?: boolean;
  /** `allowSubstitutes = false`. */
  readonly isLocal?: boolean;
}

export const path = (name: string): StorePath => name as StorePath;
export const drv = (name: string): StorePath => `${name}.drv` as StorePath;

/** What an execution does; `signal` is the caller's. */
export type Script = (
  drvName: string,
  request: ExecuteRequest,
  signal: AbortSignal,
  run: number,
) => AsyncIterable<ExecutionEvent>;

export const result = (exitCode: number, more: Partial<ActionResult> = {}): ActionResult => ({
  outputFiles: [],
  outputDirectories: [],
  outputSymlinks: [],
  exitCode,
  ...more,
});
export const done = (exitCode: number, more: Partial<ActionResult> = {}): ExecutionEvent => ({
  type: "done",
  response: { result: result(exitCode, more), cachedResult: false },
});
export const says = (text: string, stream: "stdout" | "stderr" = "stdout"): ExecutionEvent => ({
  type: "output",
  stream,
  bytes: Buffer.from(text),
});
export const executing: ExecutionEvent = { type: "stage", stage: "executing" };

/** Never ends by itself; ends, cancelled, when its caller leaves. */
export async function hang(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  throw new StatusError(Code.Cancelled, "the caller went away");
}

/** A clock that jumps to the next sleeper when nothing else happens; so waits cost nothing and are still in order. */
export function createFakeClock(): WaitingClock & { readonly slept: number[] } {
  let nowMs = 1_000_000;
  let sleepers: { dueMs: number; wake: () => void }[] = [];
  let scheduled = false;
  const slept: number[] = [];
  const tick = (): void => {
    if (scheduled) return;
    scheduled = true;
    // A macrotask: everything that promises can do by themselves comes before time moves.
    setImmediate(() => {
      scheduled = false;
      const [next] = sleepers.toSorted((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) return;
      sleepers = sleepers.filter((sleeper) => sleeper !== next);
      nowMs = Math.max(nowMs, next.dueMs);
      next.wake();
      if (sleepers.length > 0) tick();
    });
  };
  return {
    slept,
    nowMs: () => nowMs,
    sleep(durationMs, signal) {
      slept.push(durationMs);
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const sleeper = { dueMs: nowMs + durationMs, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason as Error);
        });
        tick();
      });
    },
  };
}

function createFakeBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  const put = (bytes: Uint8Array) => {
    const info = blobInfoOf(bytes);
    for (const fn of ["blake3", "sha256"] as const) blobs.set(digestKey(digestOf(info, fn)), bytes);
    return info;
  };
  put(new Uint8Array());
  return {
    supports: { persistence: false },
    async *read(digest) {
      const bytes = blobs.get(digestKey(digest));
      if (bytes === undefined) throw new StatusError(Code.NotFound, "no such blob");
      if (bytes.byteLength > 0) yield bytes;
    },
    readMany: async (digests) => digests.map((digest) => blobs.get(digestKey(digest))),
    async write(source) {
      return put(Buffer.concat(await Array.fromAsync(source)));
    },
    writeMany: async (all) => all.map(({ bytes }) => put(bytes)),
    stat: async (digest) => {
      const bytes = blobs.get(digestKey(digest));
      return bytes === undefined ? undefined : blobInfoOf(bytes);
    },
    findMissing: async (digests) => digests.filter((digest) => !blobs.has(digestKey(digest))),
  };
}

function createFakeNotes(): NoteStore & { readonly all: Map<string, string> } {
  const all = new Map<string, string>();
  return {
    all,
    get: async (key) => {
      const value = all.get(key);
      return value === undefined ? undefined : Buffer.from(value);
    },
    put: async (key, value) => void all.set(key, Buffer.from(value).toString()),
    remove: async (key) => void all.delete(key),
  };
}

function unused(): never {
  throw new Error("the coordinator has no business here");
}

/** A coordinator whose whole world is fake, and what happened in that world. */
export interface FakeWorld {
  readonly coordinator: Coordinator;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly blobs: BlobStore;
  readonly notes: ReturnType<typeof createFakeNotes>;
  readonly valid: Set<string>;
  readonly realisations: Map<string, StorePath>;
  /** `<what> <name>`, in order. */
  readonly happened: string[];
  /** Executions that have not ended. */
  readonly running: Set<string>;
}

export function createFakeWorld(
  derivations: Readonly<Record<string, FakeDerivation>>,
  behaviour: {
    readonly script?: Script;
    readonly prepare?: (name: string, run: number) => void;
    readonly register?: (name: string, run: number) => void;
    readonly limits?: Partial<Limits>;
    readonly missingSources?: readonly string[];
    /** Paths that somebody else has. */
    readonly cached?: readonly string[];
  } = {},
): FakeWorld {
  const clock = createFakeClock();
  const blobs = createFakeBlobs();
  const notes = createFakeNotes();
  const valid = new Set<string>();
  const realisations = new Map<string, StorePath>();
  const happened: string[] = [];
  const running = new Set<string>();
  const runs = new Map<string, number>();
  const count = (what: string): number => {
    happened.push(what);
    runs.set(what, (runs.get(what) ?? 0) + 1);
    return runs.get(what)!;
  };
  const source: DerivationSource = {
    async load(drvPath) {
      const fake = derivations[drvPath.slice(0, -4)];
      if (fake === undefined) throw new StatusError(Code.NotFound, `${drvPath} is nowhere`);
      return derivationOf(drvPath.slice(0, -4), fake);
    },
    async ensureValid(sourcePath) {
      count(`source ${sourcePath}`);
      if (behaviour.missingSources?.includes(sourcePath) === true)
        throw new StatusError(Code.NotFound, `path '${sourcePath}' is nowhere`);
    },
  };
  const translator: Translator = {
    async prepare({ drvPath, derivation, inputs }, { onLog }) {
      const name = drvPath.slice(0, -4);
      const run = count(`prepare ${name}`);
      if (name.startsWith("builtin")) onLog?.(Buffer.from("downloading\n"));
      behaviour.prepare?.(name, run);
      for (const [input, { outputs }] of derivation.inputDrvs)
        for (const output of outputs)
          if (inputs.get(input)?.has(output) !== true) throw new Error(`${drvPath} was not given ${input}!${output}`);
      return preparedOf(name, drvPath, derivation);
    },
  };
  const registrar: Registrar = {
    async register({ drvPath, scratchPaths }, _result, { mode }) {
      const name = drvPath.slice(0, -4);
      const run = count(`${mode === "check" ? "compare" : "register"} ${name}`);
      behaviour.register?.(name, run);
      for (const [output, outputPath] of scratchPaths) {
        valid.add(outputPath);
        realisations.set(`${drvPath}!${output}`, outputPath);
      }
      return scratchPaths;
    },
  };
  const script: Script =
    behaviour.script ??
    async function* () {
      yield done(0);
    };
  const execution: Execution = {
    async *execute(request, options = {}) {
      const name = namesByAction.get(digestKey(request.actionDigest))!;
      const run = count(`${request.skipCacheLookup === true ? "execute uncached" : "execute"} ${name}`);
      if (running.has(name)) throw new Error(`${name} runs twice`);
      running.add(name);
      try {
        yield* script(name, request, options.signal ?? new AbortController().signal, run);
      } finally {
        running.delete(name);
      }
    },
  };
  const pathInfos = {
    getMany: async (paths: readonly StorePath[]) => paths.map((p) => (valid.has(p) ? ({} as PathInfo) : undefined)),
    getRealisation: async (drvPath: StorePath, output: string) => realisations.get(`${drvPath}!${output}`),
    putRealisation: async (drvPath: StorePath, output: string, p: StorePath) =>
      void realisations.set(`${drvPath}!${output}`, p),
    get: unused,
    getByHashPart: unused,
    putMany: unused,
    referrers: unused,
    list: unused,
    forget: unused,
  } satisfies PathInfoStore;
  const substituterOf = (cached: readonly string[]): OutputSubstituter => ({
    always: false,
    async fetch(wanted, { onEvent }) {
      count(`fetch ${wanted}`);
      if (!cached.includes(wanted)) return false;
      onEvent({ type: "copying", path: wanted, from: "fake://", narSizeBytes: 1 });
      valid.add(wanted);
      return true;
    },
  });
  const coordinator = createCoordinator({
    source,
    translator,
    registrar,
    execution,
    pathInfos,
    blobs,
    notes,
    clock,
    random: () => 0.5,
    ...(behaviour.cached !== undefined && { substituter: substituterOf(behaviour.cached) }),
    storeDir: "/nix/store",
    ...(behaviour.limits !== undefined && { limits: behaviour.limits }),
  });
  return { coordinator, clock, blobs, notes, valid, realisations, happened, running };
}

const namesByAction = new Map<string, string>();

function actionOf(name: string): Digest {
  const digest = digestBytes("blake3", Buffer.from(name));
  namesByAction.set(digestKey(digest), name);
  return digest;
}

function derivationOf(name: string, fake: FakeDerivation): Derivation {
  const outputs = Object.entries(fake.outputs ?? { out: "input-addressed" as const });
  return {
    outputs: new Map(outputs.map(([output, type]) => [output, outputOf(name, output, type)])),
    inputDrvs: new Map(
      Object.entries(fake.inputs ?? {}).map(([input, wanted]) => [
        drv(input),
        {
          outputs: wanted,
          dynamic: fake.dynamic === true ? new Map([["out", { outputs: ["out"], dynamic: new Map() }]]) : new Map(),
        },
      ]),
    ),
    inputSrcs: (fake.sources ?? []).map(path),
    platform: "x86_64-linux",
    builder: "/bin/sh",
    args: [],
    env: new Map(fake.isLocal === true ? [["allowSubstitutes", ""]] : []),
  } as unknown as Derivation;
}

function outputOf(name: string, output: string, type: DerivationOutput["type"]): DerivationOutput {
  const outputPath = path(`${name}-${output}`);
  switch (type) {
    case "input-addressed":
      return { type, path: outputPath };
    case "fixed":
      return { type, path: outputPath } as DerivationOutput;
    case "floating":
    case "impure":
    case "deferred":
      return { type } as DerivationOutput;
  }
}

/** Deferred outputs are input-addressed once the derivation is resolved. */
function preparedOf(name: string, drvPath: StorePath, derivation: Derivation): PreparedBuild | PreparedOutputs {
  const scratchPaths = new Map([...derivation.outputs.keys()].map((output) => [output, path(`${name}-${output}`)]));
  const outputs = new Map(
    [...derivation.outputs].map(([output, as]) => [
      output,
      as.type === "deferred" ? outputOf(name, output, "input-addressed") : as,
    ]),
  );
  const deferred = [...derivation.outputs.values()].some(({ type }) => type === "deferred");
  const prepared = {
    drvPath,
    resolvedDrvPath: deferred ? drv(`resolved-${name}`) : drvPath,
    derivation: { ...derivation, outputs, inputDrvs: new Map() },
    scratchPaths,
    inputClosure: [],
  };
  return name.startsWith("builtin")
    ? { ...prepared, kind: "outputs", outputs: new Map() }
    : { ...prepared, kind: "action", actionDigest: actionOf(name) };
}
