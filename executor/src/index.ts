export { createExecutor, type Executor, type ExecutorOptions } from "./create-executor.js";
export { examineMachine, type MachineCheck } from "./doctor.js";
export { defaultHostPaths } from "./inputs/host-root.js";
export { defaultLimits, type ExecutorLimits } from "./limits.js";
export { recover } from "./recover.js";
export { findRuntime, probeRuntimes, type Runtime } from "./sandbox/runtimes.js";
