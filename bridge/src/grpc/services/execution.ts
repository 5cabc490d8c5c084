import type {
  ExecuteRequest,
  ExecuteRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/execution/v2/ExecuteRequest.js";
import type {
  WaitExecutionRequest,
  WaitExecutionRequest__Output,
} from "@causeway/reapi-protos/types/build/bazel/remote/execution/v2/WaitExecutionRequest.js";
import type {
  Operation as OperationMessage,
  Operation__Output,
} from "@causeway/reapi-protos/types/google/longrunning/Operation.js";
import type { InlineHints, Operation, OperationState, Operations } from "../../execution/index.js";
import type { BlobStore } from "../../store/index.js";
import { demand } from "../../access/caller.js";
import { bind, type CallContext, type Method, type Service } from "../rpc.js";
import { operationMessage } from "./operation-message.js";
import { digestFunctionNamed, digestIn } from "./request-digest.js";

/** What {@link createExecutionService} works with. */
export interface ExecutionServiceOptions {
  readonly methods: {
    readonly execute: Method<
      ExecuteRequest,
      ExecuteRequest__Output,
      OperationMessage,
      Operation__Output,
      "server-stream"
    >;
    readonly waitExecution: Method<
      WaitExecutionRequest,
      WaitExecutionRequest__Output,
      OperationMessage,
      Operation__Output,
      "server-stream"
    >;
  };
  readonly operations: Operations;
  /** For contents that are sent along. */
  readonly blobs: Pick<BlobStore, "readMany">;
  /** @throws StatusError for an instance that is not served. */
  readonly checkInstance?: (instanceName: string) => void;
  /** After so long without news the last message is sent again, so that nothing on the way takes the connection for dead. */
  readonly keepAliveMs?: number;
}

/** As Buildbarn does. */
const KEEP_ALIVE_MS = 60_000;

/**
 * The service `Execution`. What is wrong with a request is the status of the call; what goes wrong with an action is in its response.
 * Source: REAPI, remote_execution.proto.
 */
export function createExecutionService(options: ExecutionServiceOptions): Service {
  const { methods, operations, blobs, keepAliveMs = KEEP_ALIVE_MS } = options;

  async function* messages(
    operation: Operation,
    call: CallContext,
    fromStart: boolean,
  ): AsyncGenerator<OperationMessage, void, undefined> {
    const gone = new AbortController();
    const states = operation.watch({ signal: AbortSignal.any([call.signal, gone.signal]), fromStart });
    for await (const state of repeated(states, keepAliveMs, gone))
      yield await operationMessage(blobs, operation, state);
  }

  return [
    bind(methods.execute, async function* (request, call) {
      const instanceName = request.instanceName ?? "";
      options.checkInstance?.(instanceName);
      demand(call.caller, "execute", instanceName);
      const fn = digestFunctionNamed(request.digestFunction);
      call.label({ digestFunction: fn });
      const actionDigest = digestIn(fn, request.actionDigest, "action_digest");
      const inline = hintsOf(request);
      const operation = await operations.start(
        {
          actionDigest,
          instanceName,
          skipCacheLookup: request.skipCacheLookup ?? false,
          priority: request.executionPolicy?.priority ?? 0,
          ...(inline === undefined ? {} : { inline }),
        },
        { owner: call.caller.name, signal: call.signal },
      );
      yield* messages(operation, call, true);
    }),
    bind(methods.waitExecution, async function* (request, call) {
      const operation = operations.get(request.name ?? "");
      demand(call.caller, "execute", operation.request.instanceName ?? "");
      yield* messages(operation, call, false);
    }),
  ];
}

function hintsOf(request: ExecuteRequest__Output): InlineHints | undefined {
  const { inlineStdout: stdout = false, inlineStderr: stderr = false, inlineOutputFiles: outputFiles } = request;
  return stdout || stderr || outputFiles.length > 0 ? { stdout, stderr, outputFiles } : undefined;
}

/**
 * The states, with the last one again whenever nothing has come for a while.
 *
 * @param gone ends the wait for the next state when the consumer leaves.
 */
async function* repeated(
  states: AsyncIterable<OperationState>,
  intervalMs: number,
  gone: AbortController,
): AsyncGenerator<OperationState, void, undefined> {
  const iterator = states[Symbol.asyncIterator]();
  let last: OperationState | undefined;
  try {
    for (let pending = iterator.next(); ;) {
      const next = await within(pending, intervalMs);
      if (next === undefined) {
        if (last !== undefined) yield last;
        continue;
      }
      if (next.done === true) return;
      last = next.value;
      yield last;
      pending = iterator.next();
    }
  } finally {
    gone.abort();
    await iterator.return?.();
  }
}

/** What comes in time, else `undefined`. */
async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), timeoutMs)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
