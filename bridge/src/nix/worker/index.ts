export { createBasicDerivations, type BasicDerivations } from "./daemon/basic-derivations.js";
export { createDaemon, type DaemonOptions } from "./daemon/create-daemon.js";
export type { Daemon } from "./daemon/daemon.js";
export { serveWorker, type ServeWorkerOptions } from "./serve-worker.js";
export type { WorkerStream } from "./worker-stream.js";
export type { ClientStream } from "./client/client-stream.js";
export { createWorkerPool, type WorkerPool } from "./client/connection-pool.js";
export { openWorkerConnection, type WorkerConnection } from "./client/worker-connection.js";
