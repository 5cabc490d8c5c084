import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BuildSettings } from "@causeway/bridge/config";
import { createExecutor, type Executor } from "@causeway/executor";
import { systemClock, workDirectoryOf, type OpenState } from "./state.js";

/** Opens this machine's executor on a state. */
export function openExecutor(state: OpenState, settings: BuildSettings): Promise<Executor> {
  return createExecutor({
    store: state.store,
    workDirectory: workDirectoryOf(state.directory),
    treesDirectory: join(state.directory, "trees"),
    concurrency: settings.maxJobs,
    clock: systemClock,
    ids: () => randomBytes(8).toString("hex"),
  });
}
