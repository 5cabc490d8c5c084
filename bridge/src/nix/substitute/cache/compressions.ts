import { Code, StatusError } from "../../../status/index.js";
import { BuiltinError } from "../../builtins/builtin-context.js";
import { decompress, type Compression } from "../../builtins/decompress.js";

/** What `Compression:` of a narinfo may say. Source: Nix, `makeDecompressionSink` in src/libutil/compression.cc. */
const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ["none", "none"],
  ["", "none"],
  ["xz", "xz"],
  ["bzip2", "bzip2"],
  ["gzip", "gzip"],
  ["zstd", "zstd"],
  ["br", "brotli"],
]);

/** Unpacks an archive of a cache. @throws StatusError Unimplemented for a way of packing that we do not know; DataLoss. */
export async function* unpackNar(
  compression: string,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const known = COMPRESSIONS.get(compression);
  if (known === undefined)
    throw new StatusError(Code.Unimplemented, `compression '${compression.slice(0, 100)}' is not supported`);
  try {
    yield* decompress(known, source);
  } catch (cause) {
    if (cause instanceof BuiltinError) throw new StatusError(Code.DataLoss, cause.message, { cause });
    throw cause;
  }
}
