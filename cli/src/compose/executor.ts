import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BuildSettings } from "@causeway/bridge/config";
import { systemClock } from "@causeway/bridge/store";
import type { Executor } from "@causeway/executor";
import { workDirectoryOf, type OpenState } from "./state.js";

/** Opens this machine's executor on a state. */
export async function openExecutor(state: OpenState, settings: BuildSettings): Promise<Executor> {
  const { createExecutor } = await import("@causeway/executor");
  return createExecutor({
    store: state.store,
    workDirectory: workDirectoryOf(state.directory),
    treesDirectory: join(state.directory, "trees"),
    failedDirectory: join(state.directory, "failed"),
    concurrency: settings.maxJobs,
    clock: systemClock,
    ids: () => randomBytes(8).toString("hex"),
  });
}

/** The same, loaded and opened when the first action comes: most builds find that everything is valid. */
export function executorOnDemand(state: OpenState, settings: BuildSettings): Executor {
  let opened: Promise<Executor> | undefined;
  return {
    async *execute(request, options) {
      opened ??= openExecutor(state, settings);
      yield* (await opened).execute(request, options);
    },
    async [Symbol.asyncDispose]() {
      const executor = await opened?.catch(() => undefined); // Whoever asked was told why it could not be opened.
      await executor?.[Symbol.asyncDispose]();
    },
  };
}
