import type { Digest } from "../../digest/index.js";
import type { InlineHints } from "../../execution/index.js";
import { displayOf, type ActionResult } from "../../formats/index.js";
import type { BlobStore } from "../../store/index.js";

/** Bytes sent along with one result at most: gRPC clients take messages of 4 MiB, and the result itself needs room. */
export const INLINE_BYTES_MAX = 3 * 2 ** 20;

/**
 * A result with the contents that were asked for, in the order stdout, stderr, files, as far as they fit. What does not fit or is gone is
 * left out: they are hints.
 */
export async function withInlined(
  blobs: Pick<BlobStore, "readMany">,
  result: ActionResult,
  hints: InlineHints,
): Promise<ActionResult> {
  const names = new Set(hints.outputFiles);
  const files = result.outputFiles.map((file) => (names.has(displayOf(file.path)) ? file.digest : undefined));
  const wanted = fitting([
    hints.stdout && result.stdoutRaw === undefined ? result.stdoutDigest : undefined,
    hints.stderr && result.stderrRaw === undefined ? result.stderrDigest : undefined,
    ...files,
  ]);
  const digests = wanted.filter((digest) => digest !== undefined);
  if (digests.length === 0) return result;
  const contents = await blobs.readMany(digests);
  let next = 0;
  const [stdout, stderr, ...ofFiles] = wanted.map((digest) => (digest === undefined ? undefined : contents[next++]));
  return {
    ...result,
    ...(stdout === undefined ? {} : { stdoutRaw: stdout }),
    ...(stderr === undefined ? {} : { stderrRaw: stderr }),
    outputFiles: result.outputFiles.map((file, i) => {
      const bytes = ofFiles[i];
      return bytes === undefined ? file : { ...file, contents: bytes };
    }),
  };
}

function fitting(digests: readonly (Digest | undefined)[]): (Digest | undefined)[] {
  let left = INLINE_BYTES_MAX;
  return digests.map((digest) => {
    if (digest === undefined || digest.sizeBytes > left) return undefined;
    left -= digest.sizeBytes;
    return digest;
  });
}
