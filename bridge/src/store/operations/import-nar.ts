import { createHasher } from "../../digest/index.js";
import { NarDecoder, NarEncoder, NarError, type NarEvent } from "../../formats/nar/index.js";
import { Code, StatusError } from "../../status/index.js";
import { throwIfAborted } from "../abort.js";
import type { CallOptions } from "../blob-store.js";
import type { Store } from "../store.js";
import type { AddedPath } from "./add-path.js";
import { hashNarOf } from "./nar-of.js";
import { TreeBuilder } from "./tree-builder.js";

/**
 * Stores the contents of an archive that comes as a stream, which is consumed once and closed.
 *
 * @returns the root, and hash and size of *its* archive. They differ from the stream's only where that left out the contents of an empty
 *   file, which old writers do.
 * @throws StatusError InvalidArgument if the archive is malformed or goes on after its end; ResourceExhausted; Cancelled.
 */
export async function importNar(
  store: Store,
  source: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): Promise<AddedPath> {
  const decoder = new NarDecoder();
  const hasher = createHasher("sha256");
  const builder = new TreeBuilder(store);
  // Encoded again only to be measured: an archive that is not what we would write has another size.
  const canonical = new NarEncoder();
  let narSizeBytes = 0;
  const take = (event: NarEvent): Promise<void> | undefined => {
    canonical.push(event, () => undefined);
    return builder.push(event);
  };
  try {
    for await (const piece of source) {
      throwIfAborted(options.signal);
      hasher.update(piece);
      narSizeBytes += piece.byteLength;
      for (const event of decoder.push(piece)) {
        const waiting = take(event);
        if (waiting !== undefined) await waiting;
      }
    }
    decoder.end();
    const node = await builder.finish();
    if (canonical.sizeBytes !== narSizeBytes) return { node, ...(await hashNarOf(store, node, options)) };
    return { node, narHash: hasher.digest(), narSizeBytes };
  } catch (error) {
    await builder.abort(error);
    if (error instanceof NarError) throw new StatusError(Code.InvalidArgument, error.message, { cause: error });
    throw error;
  }
}
