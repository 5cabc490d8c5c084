import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ServeConfig } from "@causeway/bridge/config/serve";
import {
  createLogStreams,
  createOperations,
  type Execution,
  type LogStreams,
  type Operations,
} from "@causeway/bridge/execution";
import { withExecutionMetrics, type Metrics } from "@causeway/bridge/metrics";
import { systemClock } from "@causeway/bridge/store";
import { workDirectoryOf, type OpenState } from "../state.js";

/** What runs actions for clients. Disposing cancels what runs. */
export interface ServedExecution extends AsyncDisposable {
  readonly operations: Operations;
  /** What runs them. */
  readonly execution: Execution;
  /** How many at once. */
  readonly concurrency: number;
  readonly logs: LogStreams;
}

/** Opens this machine's executor for clients of a server. */
export async function openExecution(
  { execution: config }: ServeConfig,
  state: OpenState,
  metrics: Metrics | undefined,
): Promise<ServedExecution> {
  const { createExecutor } = await import("@causeway/executor");
  const { memoryBytes, hostPaths } = config;
  const concurrency = config.concurrency ?? availableParallelism();
  const executor = await createExecutor({
    store: state.store,
    workDirectory: workDirectoryOf(state.directory),
    treesDirectory: join(state.directory, "trees"),
    concurrency,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    defaultRoot: config.defaultRoot,
    ...(hostPaths === undefined ? {} : { hostPaths }),
    ignoredProperties: config.ignoredProperties,
    limits: {
      queueLengthMax: config.queueLength,
      defaultTimeoutMs: config.defaultTimeoutSeconds * 1000,
      timeoutMsMax: config.maxTimeoutSeconds * 1000,
    },
    clock: systemClock,
    ids: () => randomBytes(8).toString("hex"),
  });
  // What names an operation or a log is all that one must know to ask for it: as hard to guess as a key.
  const ids = (): string => randomBytes(16).toString("hex");
  const logs = createLogStreams({ ids });
  const execution = metrics === undefined ? executor : withExecutionMetrics(executor, metrics);
  const operations = createOperations({
    execution,
    clock: systemClock,
    ids,
    logs,
  });
  return {
    operations,
    logs,
    execution,
    concurrency,
    async [Symbol.asyncDispose]() {
      await operations[Symbol.asyncDispose]();
      await executor[Symbol.asyncDispose]();
    },
  };
}
