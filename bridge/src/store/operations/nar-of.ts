import { createHasher } from "../../digest/index.js";
import type { CastoreNode } from "../../formats/castore/index.js";
import { NarEncoder } from "../../formats/nar/index.js";
import { throwIfAborted } from "../abort.js";
import type { CallOptions } from "../blob-store.js";
import type { Store } from "../store.js";
import { walkWithContents } from "./prefetch-files.js";
import { digestOfFile } from "./read-file-at.js";

/**
 * The archive of a stored tree, as chunks of 64 KiB to 1 MiB. Contents are checked as they are read.
 *
 * @throws StatusError NotFound if a part is absent; DataLoss. NarError if the tree is deeper than an archive can be.
 */
export async function* narOf(
  store: Store,
  node: CastoreNode,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new NarEncoder();
  const chunks: Uint8Array[] = [];
  const emit = (chunk: Uint8Array): void => void chunks.push(chunk);
  for await (const batch of walkWithContents(store, node)) {
    throwIfAborted(options.signal);
    for (const step of batch) {
      if (step.type === "leave") encoder.push({ type: "end" }, emit);
      else {
        if (step.path !== "") encoder.push({ type: "entry", name: step.name }, emit);
        const { node: child } = step;
        if (child.type === "directory") encoder.push({ type: "directory" }, emit);
        else if (child.type === "symlink") encoder.push(child, emit);
        else {
          encoder.push({ type: "file", executable: child.executable, sizeBytes: child.size }, emit);
          if (step.contents !== undefined) encoder.push({ type: "contents", bytes: step.contents }, emit);
          else
            for await (const bytes of store.blobs.read(digestOfFile(child), options)) {
              encoder.push({ type: "contents", bytes }, emit);
              yield* chunks.splice(0);
            }
          encoder.push({ type: "end" }, emit);
        }
      }
      if (chunks.length > 0) yield* chunks.splice(0);
    }
  }
  encoder.end(emit);
  yield* chunks;
}

/** The SHA-256 and the size of the archive of a stored tree. */
export async function hashNarOf(
  store: Store,
  node: CastoreNode,
  options: CallOptions = {},
): Promise<{ readonly narHash: string; readonly narSizeBytes: number }> {
  const hasher = createHasher("sha256");
  let narSizeBytes = 0;
  for await (const chunk of narOf(store, node, options)) {
    hasher.update(chunk);
    narSizeBytes += chunk.byteLength;
  }
  return { narHash: hasher.digest(), narSizeBytes };
}
