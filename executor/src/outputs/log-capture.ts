import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { once } from "node:events";
import type { Digest, DigestFunction } from "@causeway/bridge/digest";
import { digestOf } from "@causeway/bridge/digest";
import type { Store } from "@causeway/bridge/store";

/** Logs up to this are kept in memory; most are a few kilobytes, and files for them would cost more than the action. */
const MEMORY_BYTES_MAX = 1 << 20;

/** Keeps what an action writes to one stream until it can be stored. */
export class LogCapture {
  readonly #file: string;
  #pieces: Uint8Array[] = [];
  #memoryBytes = 0;
  #spill: WriteStream | undefined;
  sizeBytes = 0;

  /** @param file where the log goes when it is too long for memory. */
  constructor(file: string) {
    this.#file = file;
  }

  push(bytes: Uint8Array): void {
    this.sizeBytes += bytes.byteLength;
    if (this.#spill !== undefined) {
      this.#spill.write(bytes);
      return;
    }
    this.#pieces.push(bytes);
    this.#memoryBytes += bytes.byteLength;
    if (this.#memoryBytes <= MEMORY_BYTES_MAX) return;
    this.#spill = createWriteStream(this.#file, { mode: 0o600 });
    for (const piece of this.#pieces) this.#spill.write(piece);
    this.#pieces = [];
  }

  /** Stores the log. @returns its digest; `undefined` for an empty one. */
  async store(store: Store, fn: DigestFunction): Promise<Digest | undefined> {
    if (this.sizeBytes === 0) return undefined;
    if (this.#spill === undefined) {
      const [info] = await store.blobs.writeMany([{ bytes: Buffer.concat(this.#pieces) }]);
      return digestOf(info!, fn);
    }
    this.#spill.end();
    await once(this.#spill, "close");
    return digestOf(await store.blobs.write(createReadStream(this.#file, { highWaterMark: 1 << 20 })), fn);
  }
}
