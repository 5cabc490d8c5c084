import { Code, StatusError } from "../../status/index.js";
import type { BlobContents, BlobReader } from "./blob-contents.js";

/** Contents that live as long as the process. */
export interface MemoryContents extends BlobContents {
  readonly blobs: Map<string, Uint8Array>;
}

export function createMemoryContents(): MemoryContents {
  const blobs = new Map<string, Uint8Array>();
  function get(blake3: string): Uint8Array {
    const bytes = blobs.get(blake3);
    if (bytes === undefined) throw new StatusError(Code.DataLoss, `the contents of blob ${blake3} are gone`);
    return bytes;
  }
  return {
    blobs,
    smallBytesMax: 128 * 1024,
    async putSmall(list) {
      return list.map(({ info, bytes }) => {
        blobs.set(info.blake3, Uint8Array.from(bytes));
        return { kind: "file" };
      });
    },
    watermarks: () => [],
    recovered: { blobs: [], marks: [] },
    async create() {
      const pieces: Uint8Array[] = [];
      return {
        append: async (bytes) => void pieces.push(Uint8Array.from(bytes)),
        async keep(blake3) {
          blobs.set(blake3, Buffer.concat(pieces));
          return { kind: "file" };
        },
        discard: async () => void (pieces.length = 0),
      };
    },
    mayHold: () => true,
    async open(_place, blake3): Promise<BlobReader> {
      const bytes = get(blake3);
      return {
        read: async (offset, length) => Uint8Array.from(bytes.subarray(offset, offset + length)),
        close: () => Promise.resolve(),
      };
    },
    readSmall: async (list) => list.map(({ info }) => blobs.get(info.blake3)?.slice()),
    fileOf: () => undefined,
    close: () => Promise.resolve(),
  };
}
