import type { CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../store.js";
import { walkTree, type TreeStep } from "./list-tree.js";
import { digestOfFile } from "./read-file-at.js";

/** Files up to this are fetched together with their neighbours. */
const SMALL_BYTES_MAX = 128 * 1024;

/** What one batch holds in memory. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_STEPS = 2_048;

/** A step of a walk; small files come with their contents. */
export type FilledStep = TreeStep & { readonly contents?: Uint8Array };

/**
 * Walks a stored tree in NAR order, fetching the contents of small files in batches; the next batch is fetched while the consumer works on one.
 *
 * @throws StatusError NotFound if a small file or a directory is absent; DataLoss.
 */
export async function* walkWithContents(
  store: Store,
  root: CastoreNode,
): AsyncGenerator<FilledStep[], void, undefined> {
  const steps = walkTree(store, root);
  let next = fetchBatch(store, steps);
  next.catch(() => undefined); // Awaited below, unless the consumer stops early.
  try {
    for (;;) {
      const batch = await next;
      if (batch.length === 0) return;
      next = fetchBatch(store, steps);
      next.catch(() => undefined);
      yield batch;
    }
  } finally {
    await next.catch(() => undefined);
    await steps.return();
  }
}

async function fetchBatch(store: Store, steps: AsyncGenerator<TreeStep, void, undefined>): Promise<FilledStep[]> {
  const batch: FilledStep[] = [];
  const small: { readonly at: number; readonly digest: ReturnType<typeof digestOfFile> }[] = [];
  let sizeBytes = 0;
  while (batch.length < BATCH_STEPS && sizeBytes < BATCH_BYTES) {
    const { done, value: step } = await steps.next();
    if (done === true) break;
    if (step.type === "enter" && step.node.type === "file" && step.node.size <= SMALL_BYTES_MAX) {
      small.push({ at: batch.length, digest: digestOfFile(step.node) });
      sizeBytes += step.node.size;
    }
    batch.push(step);
  }
  const contents = await store.blobs.readMany(small.map(({ digest }) => digest));
  for (const [i, { at, digest }] of small.entries()) {
    const bytes = contents[i];
    if (bytes === undefined)
      throw new StatusError(Code.NotFound, `blob ${digest.hash} of the tree is not in the store`);
    batch[at] = { ...batch[at]!, contents: bytes };
  }
  return batch;
}
