import type { NixHash } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { createContentHasher } from "../../registration/content-hasher.js";

/** What is known of a file before it comes. */
export interface ExpectedFile {
  /** For messages. */
  readonly name: string;
  readonly sizeBytes: number | undefined;
  readonly hash: NixHash | undefined;
}

/** A stream that fails where it stops being the file that was promised. */
export interface CheckedFile extends AsyncIterable<Uint8Array> {
  /** Whether it came to its end, and was right. */
  readonly isWhole: boolean;
}

/** @throws StatusError DataLoss while it is read: at the first byte too many, or at the end. */
export function checkedFile(source: AsyncIterable<Uint8Array>, { name, sizeBytes, hash }: ExpectedFile): CheckedFile {
  let isWhole = false;
  const wrong = (what: string): StatusError => new StatusError(Code.DataLoss, `file '${name}' ${what}`);
  async function* checked(): AsyncGenerator<Uint8Array, void, undefined> {
    const hasher = hash === undefined ? undefined : createContentHasher(hash.algorithm);
    let readBytes = 0;
    for await (const piece of source) {
      readBytes += piece.byteLength;
      if (sizeBytes !== undefined && readBytes > sizeBytes)
        throw wrong(`is larger than the ${String(sizeBytes)} bytes it should have`);
      hasher?.update(piece);
      yield piece;
    }
    if (sizeBytes !== undefined && readBytes < sizeBytes)
      throw wrong(`ends after ${String(readBytes)} of ${String(sizeBytes)} bytes`);
    if (hasher !== undefined && hasher.digest() !== hash!.hex) throw wrong("has not the hash it should have");
    isWhole = true;
  }
  return {
    get isWhole() {
      return isWhole;
    },
    [Symbol.asyncIterator]: checked,
  };
}

/** A stream that fails at the first byte too many: what is packed small may be endless when it is unpacked. @throws StatusError DataLoss */
export async function* atMost(
  source: AsyncIterable<Uint8Array>,
  sizeBytesMax: number,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let readBytes = 0;
  for await (const piece of source) {
    readBytes += piece.byteLength;
    if (readBytes > sizeBytesMax)
      throw new StatusError(Code.DataLoss, `${what} is larger than the ${String(sizeBytesMax)} bytes it should have`);
    yield piece;
  }
}
