import { parentPort } from "node:worker_threads";
import { createBlobHasher, type BlobHasher } from "./hasher.js";

/** What the thread is told. `id` names one blob. */
export type HashOrder =
  | { readonly type: "open"; readonly id: number; readonly memory: SharedArrayBuffer }
  /** Hash this part of the memory, then say so: it is filled again afterwards. */
  | { readonly type: "part"; readonly id: number; readonly offset: number; readonly length: number }
  | { readonly type: "finish"; readonly id: number }
  | { readonly type: "drop"; readonly id: number };

interface Job {
  readonly memory: SharedArrayBuffer;
  readonly hasher: BlobHasher;
}

const jobs = new Map<number, Job>();
const port = parentPort!;

port.on("message", (order: HashOrder) => {
  if (order.type === "open") {
    jobs.set(order.id, { memory: order.memory, hasher: createBlobHasher() });
    return;
  }
  const job = jobs.get(order.id);
  if (job === undefined) return; // Dropped meanwhile.
  switch (order.type) {
    case "part":
      job.hasher.update(new Uint8Array(job.memory, order.offset, order.length));
      port.postMessage({ type: "hashed", id: order.id });
      return;
    case "finish":
      jobs.delete(order.id);
      port.postMessage({ type: "finished", id: order.id, info: job.hasher.finish() });
      return;
    case "drop":
      jobs.delete(order.id);
  }
});
