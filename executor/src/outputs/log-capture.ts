import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { digestOf, type Digest, type DigestFunction } from "@causeway/bridge/digest";
import type { Store } from "@causeway/bridge/store";

/** Logs up to this are kept in memory; most are a few kilobytes, and files for them would cost more than the action. */
const MEMORY_BYTES_MAX = 1 << 20;

/** Keeps what an action writes to one stream until it can be stored. */
export class LogCapture {
  readonly #file: string;
  #pieces: Uint8Array[] = [];
  #spill: FileHandle | undefined;
  sizeBytes = 0;

  /** @param file where the log goes when it is too long for memory; must not exist. */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Keeps a piece. A promise must be waited for before the next one.
   *
   * @throws StatusError if there is no room on the disk.
   */
  push(bytes: Uint8Array): Promise<void> | undefined {
    this.sizeBytes += bytes.byteLength;
    if (this.#spill !== undefined) return this.#spill.writeFile(bytes);
    this.#pieces.push(bytes);
    return this.sizeBytes > MEMORY_BYTES_MAX ? this.#toFile() : undefined;
  }

  async #toFile(): Promise<void> {
    this.#spill = await open(this.#file, "wx", 0o600);
    await this.#spill.writeFile(Buffer.concat(this.#pieces.splice(0)));
  }

  /** Stores the log. @returns its digest; `undefined` for an empty one. */
  async store(store: Store, fn: DigestFunction): Promise<Digest | undefined> {
    if (this.sizeBytes === 0) return undefined;
    if (this.#spill === undefined) {
      const [info] = await store.blobs.writeMany([{ bytes: Buffer.concat(this.#pieces) }]);
      return digestOf(info!, fn);
    }
    await this.close();
    return digestOf(await store.blobs.write(createReadStream(this.#file, { highWaterMark: 1 << 20 })), fn);
  }

  /** Gives up the file, if there is one. */
  async close(): Promise<void> {
    await this.#spill?.close();
    this.#spill = undefined;
  }
}
