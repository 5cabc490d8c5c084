import { randomBytes } from "node:crypto";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import {
  createLogStreams,
  createOperations,
  type LogStreams,
  type OperationLimits,
  type Operations,
} from "@causeway/bridge/execution";
import { encodeAction, encodeCommand, type Action, type Command } from "@causeway/bridge/formats";
import {
  anyone,
  connect,
  createExecutionService,
  createGrpcServer,
  createLogStreamService,
  createOperationsService,
  protoMethods,
  type GrpcChannel,
  type ProtoMethods,
} from "@causeway/bridge/grpc";
import type { Operation__Output } from "@causeway/reapi-protos/types/google/longrunning/Operation.js";
import type { ExecutorOptions } from "@causeway/executor";
import { loadReapi } from "@causeway/reapi-protos";
import { openSandbox, type Sandbox } from "../sandbox/open-sandbox.ts";
import { latin1, putTree, type InputTree } from "../sandbox/put-action.ts";

const protos = await loadReapi();
const Metadata = protos.get("build.bazel.remote.execution.v2.ExecuteOperationMetadata");
const Response = protos.get("build.bazel.remote.execution.v2.ExecuteResponse");

/** A message of an operation, read. */
export interface Seen {
  readonly name: string;
  readonly stage: string | undefined;
  readonly done: boolean;
  readonly hasError: boolean;
  readonly metadata: ReturnType<(typeof Metadata)["deserialize"]>;
  readonly response?: ReturnType<(typeof Response)["deserialize"]>;
}

/** What of an action a test says. */
export interface ActionParts {
  readonly arguments?: readonly string[];
  readonly inputs?: InputTree;
  readonly command?: Partial<Command>;
  readonly action?: Partial<Action>;
}

/** An execution service on a loop-back connection, over an executor on the host's toolchains. */
export interface Cluster extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly operations: Operations;
  readonly logs: LogStreams;
  readonly channel: GrpcChannel;
  readonly methods: ProtoMethods;
  /** Stores an action of SHA-256 that runs `/bin/sh -c script`. */
  action(script: string, parts?: ActionParts): Promise<Digest>;
  execute(actionDigest: Digest, more?: object, signal?: AbortSignal): AsyncIterable<Seen>;
  wait(name: string): AsyncIterable<Seen>;
}

/** Opens one; disposing leaves nothing. */
export async function openCluster(
  options: { readonly executor?: Partial<ExecutorOptions>; readonly limits?: Partial<OperationLimits> } = {},
): Promise<Cluster> {
  const sandbox = await openSandbox({ defaultRoot: "host", ...options.executor });
  const ids = (): string => randomBytes(16).toString("hex");
  const logs = createLogStreams({ ids });
  const operations = createOperations({
    execution: sandbox.executor,
    clock: { nowMs: () => Date.now() },
    ids,
    logs,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const methods = await protoMethods();
  const { blobs } = sandbox.store;
  const server = await createGrpcServer({
    services: [
      createExecutionService({ methods: methods.execution, operations, blobs }),
      createOperationsService({ methods: methods.operations, operations, blobs }),
      createLogStreamService({ methods: methods.logStream, streams: logs }),
    ],
    listen: "127.0.0.1:0",
    callerOf: () => Promise.resolve(anyone),
  });
  const channel = await connect(`grpc://${server.address}`);

  async function put(bytes: Uint8Array): Promise<Digest> {
    await blobs.writeMany([{ bytes }]);
    return digestBytes("sha256", bytes);
  }

  return {
    sandbox,
    operations,
    logs,
    channel,
    methods,
    async action(script, { inputs = { in: "input\n" }, ...parts } = {}) {
      const { digest } = await sandbox.store.trees.fromReapi(await putTree(sandbox.store, inputs));
      const commandDigest = await put(
        encodeCommand({
          arguments: (parts.arguments ?? ["/bin/sh", "-c", script]).map(latin1),
          environment: new Map([[latin1("PATH"), latin1("/usr/bin:/bin")]]),
          outputPaths: [],
          ...parts.command,
        }),
      );
      const inputRootDigest = await sandbox.store.trees.toReapi(digest, "sha256");
      return put(encodeAction({ commandDigest, inputRootDigest, ...parts.action }));
    },
    execute: ({ hash, sizeBytes }, more = {}, signal) =>
      seen(
        channel.serverStream(
          methods.execution.execute,
          { actionDigest: { hash, sizeBytes }, ...more },
          signal === undefined ? {} : { signal },
        ),
      ),
    wait: (name) => seen(channel.serverStream(methods.execution.waitExecution, { name })),
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]();
      await channel[Symbol.asyncDispose]();
      await server.close(1000);
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

async function* seen(messages: AsyncIterable<Operation__Output>): AsyncGenerator<Seen, void, undefined> {
  for await (const message of messages) {
    const metadata = Metadata.deserialize(message.metadata!.value!);
    yield {
      name: message.name ?? "",
      stage: metadata.stage,
      done: message.done ?? false,
      hasError: message.error !== undefined,
      metadata,
      ...(message.response === undefined ? {} : { response: Response.deserialize(message.response.value!) }),
    };
  }
}
