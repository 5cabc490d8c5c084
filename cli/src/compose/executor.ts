import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BuildSettings } from "@causeway/bridge/config";
import { createExecutor, type Executor } from "@causeway/executor";
import { requirePassable } from "./passable.js";
import { systemClock, type OpenState } from "./state.js";

/** Opens this machine's executor on a state. @throws StatusError FailedPrecondition if builds could not run there. */
export async function openExecutor(state: OpenState, settings: BuildSettings): Promise<Executor> {
  requirePassable(state.directory);
  return createExecutor({
    store: state.store,
    workDirectory: join(state.directory, "work"),
    treesDirectory: join(state.directory, "trees"),
    failedDirectory: join(state.directory, "failed"),
    concurrency: settings.maxJobs,
    clock: systemClock,
    ids: () => randomBytes(8).toString("hex"),
  });
}
