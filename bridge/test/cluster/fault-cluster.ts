import {
  blobResourceName,
  digestBytes,
  digestFunctions,
  digestOf,
  formatDigest,
  type BlobInfo,
  type Digest,
} from "#src/digest/index.js";
import {
  createOperations,
  type ExecuteResponse,
  type Execution,
  type ExecutionEvent,
  type Operations,
} from "#src/execution/index.js";
import {
  decodeAction,
  decodeCommand,
  decodeReapiDirectory,
  encodeActionResult,
  type ActionResult,
  type Command,
} from "#src/formats/index.js";
import {
  anyone,
  createActionCacheService,
  createByteStreamService,
  createCapabilitiesService,
  createCasService,
  createExecutionService,
  createGrpcServer,
  createOperationsService,
  protoMethods,
  type BoundMethod,
  type CallContext,
} from "#src/grpc/index.js";
import { Code, StatusError, type StatusErrorOptions } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";

/** Messages are whatever the method's are; a fault knows them. */
type Message = Readonly<Record<string, unknown>>;
type Handler = (request: never, call: CallContext) => unknown;

/** What answers one call in place of the right handler. */
export type Fault = (right: Handler) => Handler;

/** The call fails before anything is done. */
export function failing(code: Code, options?: StatusErrorOptions): Fault {
  return () => () => {
    throw new StatusError(code, `the test makes it fail with ${String(code)}`, options);
  };
}

/** The stream of answers breaks after so many messages, or ends there as if it were all. */
export function cutAfter(messages: number, code: Code | "ends" = Code.Unavailable): Fault {
  return (right) =>
    async function* (request, call) {
      let passed = 0;
      if (messages > 0)
        for await (const message of right(request, call) as AsyncIterable<Message>) {
          yield message;
          if (++passed === messages) break;
        }
      if (code !== "ends") throw new StatusError(code, `the test cuts the stream after ${String(messages)} messages`);
    };
}

/** The stream of requests breaks after so many messages, which the server has taken. */
export function cutRequestsAfter(messages: number, code: Code = Code.Unavailable): Fault {
  return (right) => (requests: AsyncIterable<Message>, call) => {
    async function* some(): AsyncGenerator<Message> {
      let passed = 0;
      for await (const message of requests) {
        yield message;
        if (++passed === messages) break;
      }
      throw new StatusError(code, `the test cuts the stream after ${String(messages)} messages`);
    }
    return right(some() as never, call);
  };
}

/** The right answer, changed. */
export function answered(change: (answer: never, request: never) => unknown): Fault {
  return (right) => async (request, call) => change((await right(request, call)) as never, request);
}

/** Each message of the right stream, changed. */
export function streamed(change: (message: never) => unknown): Fault {
  return (right) =>
    async function* (request, call) {
      for await (const message of right(request, call) as AsyncIterable<never>) yield change(message);
    };
}

/** A status that names blobs as missing. */
export function missing(digests: readonly Digest[]): StatusError {
  const details = [{ kind: "missing-blobs", subjects: digests.map(blobResourceName) }] as const;
  return new StatusError(Code.FailedPrecondition, "the test says that blobs are missing", { details });
}

/** What the cluster's worker does: its part of a response. Throwing breaks the operation off before it is created. */
export type Work = (made: {
  readonly command: Command;
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Counts the runs of all actions from 1. */
  readonly run: number;
}) => Promise<Partial<ExecuteResponse>>;

/** Our own services over a memory store, with faults at the calls that a test names. */
export interface FaultCluster extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  readonly store: Store;
  /** Names of the methods that were called, in order. */
  readonly calls: string[];
  /** Blobs that were sent to it, as `hash/size`, in order. */
  readonly uploads: string[];
  /** Actions that its worker has begun. */
  readonly runs: string[];
  /** One fault for each of the next calls of a method. */
  next(method: string, ...faults: readonly (Fault | undefined)[]): void;
  /** For all calls of a method, or of all methods, that have no fault of their own, until it is taken back. */
  always(method: string, fault: Fault | undefined): void;
  /** The scheduler starts again: it knows no operation, and what ran is ended. */
  restartScheduler(): Promise<void>;
  /** Removes blobs, until they are sent again. */
  evict(...digests: readonly Digest[]): void;
}

/** Writes a file to each output path, and says a line. */
export const makesFiles: Work = async ({ command, store, run }) => {
  const made = command.outputPaths.map((path) => ({ path, bytes: Buffer.from(`${path} of run ${String(run)}\n`) }));
  await store.blobs.writeMany(made.map(({ bytes }) => ({ bytes })));
  const outputFiles = made.map(({ path, bytes }) => {
    return { path, digest: digestBytes("blake3", bytes), isExecutable: false };
  });
  return { result: resultWith({ outputFiles }) };
};

/** A result of an action that succeeded. */
export function resultWith(parts: Partial<ActionResult>): ActionResult {
  return { outputFiles: [], outputDirectories: [], outputSymlinks: [], exitCode: 0, ...parts };
}

/** Opens one on a free port. */
export async function openFaultCluster(work: Work = makesFiles): Promise<FaultCluster> {
  const store = createMemoryStore();
  const absent = new Set<string>();
  const isBack = (info: BlobInfo): BlobInfo => {
    for (const fn of digestFunctions) absent.delete(formatDigest(digestOf(info, fn)));
    return info;
  };
  const blobs: typeof store.blobs = {
    ...store.blobs,
    write: async (source, expected, options) => isBack(await store.blobs.write(source, expected, options)),
    writeMany: async (all) => (await store.blobs.writeMany(all)).map(isBack),
    findMissing: async (digests) => {
      const gone = new Set(await store.blobs.findMissing(digests));
      return digests.filter((digest) => gone.has(digest) || absent.has(formatDigest(digest)));
    },
    stat: async (digest) => (absent.has(formatDigest(digest)) ? undefined : store.blobs.stat(digest)),
    readMany: async (digests) => {
      const found = await store.blobs.readMany(digests);
      return found.map((bytes, i) => (absent.has(formatDigest(digests[i]!)) ? undefined : bytes));
    },
    read(digest, options) {
      if (absent.has(formatDigest(digest))) throw new StatusError(Code.NotFound, "the test has removed it");
      return store.blobs.read(digest, options);
    },
  };
  const seen = { calls: [] as string[], uploads: [] as string[], runs: [] as string[] };
  const queues = new Map<string, (Fault | undefined)[]>();
  const standing = new Map<string, Fault>();

  const execution: Execution = {
    async *execute({ actionDigest }, { signal = new AbortController().signal } = {}): AsyncGenerator<ExecutionEvent> {
      const command = await loadAction(blobs, actionDigest);
      yield { type: "stage", stage: "queued" };
      yield { type: "stage", stage: "executing" };
      const run = seen.runs.push(actionDigest.hash);
      const response: ExecuteResponse = {
        cachedResult: false,
        ...(await work({ command, store: { ...store, blobs }, signal, run })),
      };
      const { result, status } = response;
      // Our action cache refuses what is not whole.
      if (result?.exitCode === 0 && status === undefined)
        await store.actionCache.put(actionDigest, encodeActionResult(result)).catch(() => undefined);
      yield { type: "done", response };
    },
  };
  let ids = 0;
  const openOperations = (): Operations =>
    createOperations({ execution, clock: { nowMs: () => 0 }, ids: () => `id${String(++ids)}` });
  let operations = openOperations();
  // The services keep the one they were given.
  const current: Operations = {
    start: (request, options) => operations.start(request, options),
    get: (name) => operations.get(name),
    list: (options) => operations.list(options),
    cancel: (name) => operations.cancel(name),
    remove: (name) => operations.remove(name),
    counts: () => operations.counts(),
    [Symbol.asyncDispose]: () => operations[Symbol.asyncDispose](),
  };
  const methods = await protoMethods();
  const right = [
    ...createCapabilitiesService({ execution: true, limits: { batchBytesMax: 64 << 10 } }),
    ...createCasService({ blobs }),
    ...createActionCacheService({ blobs, actionCache: store.actionCache }),
    ...createByteStreamService({ blobs }),
    ...createExecutionService({ methods: methods.execution, operations: current, blobs }),
    ...createOperationsService({ methods: methods.operations, operations: current, blobs }),
  ];
  const service = right.map(({ method, handler }): BoundMethod => {
    const name = method.path.slice(method.path.lastIndexOf("/") + 1);
    return {
      method,
      handler(request, call) {
        seen.calls.push(name);
        const noted = name === "Write" ? notingWrite(request, seen.uploads) : request;
        if (name === "BatchUpdateBlobs") noteBatch(request, seen.uploads);
        const queue = queues.get(name);
        const fault =
          queue !== undefined && queue.length > 0 ? queue.shift() : (standing.get(name) ?? standing.get("*"));
        const answer = fault === undefined ? handler : fault(handler);
        return answer(noted, call);
      },
    };
  });
  const server = await createGrpcServer({ services: [service], listen: "127.0.0.1:0", callerOf: () => anyone });
  return {
    address: server.address,
    store: { ...store, blobs },
    ...seen,
    next(method, ...faults) {
      queues.set(method, [...(queues.get(method) ?? []), ...faults]);
    },
    always(method, fault) {
      if (fault === undefined) standing.delete(method);
      else standing.set(method, fault);
    },
    async restartScheduler() {
      const old = operations;
      operations = openOperations();
      await old[Symbol.asyncDispose]();
    },
    evict(...digests) {
      for (const digest of digests) absent.add(formatDigest(digest));
    },
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]();
      await server.close(0);
      await store[Symbol.asyncDispose]();
    },
  };
}

/** What a worker does before it begins. @throws StatusError that names all inputs that are not there. */
async function loadAction(blobs: Store["blobs"], actionDigest: Digest): Promise<Command> {
  const [bytes] = await blobs.readMany([actionDigest]);
  if (bytes === undefined) throw missing([actionDigest]);
  const { commandDigest, inputRootDigest } = decodeAction(bytes, actionDigest.fn);
  const gone: Digest[] = [];
  const [command] = await blobs.readMany([commandDigest]);
  if (command === undefined) gone.push(commandDigest);
  const queue = [inputRootDigest];
  for (const directory of queue) {
    const [message] = directory.sizeBytes === 0 ? [new Uint8Array()] : await blobs.readMany([directory]);
    if (message === undefined) {
      gone.push(directory);
      continue;
    }
    const { files, directories } = decodeReapiDirectory(message, directory.fn);
    gone.push(...(await blobs.findMissing(files.map(({ digest }) => digest))));
    queue.push(...directories.map(({ digest }) => digest));
  }
  if (gone.length > 0) throw missing(gone);
  return decodeCommand(command!);
}

function noteBatch(request: never, uploads: string[]): void {
  const { requests } = request as { readonly requests: readonly { readonly digest: Digest }[] };
  for (const { digest } of requests) uploads.push(`${digest.hash}/${String(digest.sizeBytes)}`);
}

function notingWrite(requests: AsyncIterable<{ readonly resourceName: string }>, uploads: string[]): never {
  async function* noted(): AsyncGenerator {
    for await (const request of requests) {
      const match = /([0-9a-f]{64}\/\d+)/.exec(request.resourceName);
      if (match !== null) uploads.push(match[1]!);
      yield request;
    }
  }
  return noted() as never;
}
