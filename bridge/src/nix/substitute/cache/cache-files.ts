import type { CallOptions } from "../../../store/index.js";

/** A file to be put into a cache. */
export interface OutgoingFile {
  readonly contentType: string;
  readonly sizeBytes: number;
  /** May be called again when sending failed. */
  open(): AsyncIterable<Uint8Array>;
}

/** The files of a binary cache, wherever they are. Names are relative, with `/`. */
export interface CacheFiles extends AsyncDisposable {
  /** As people name the cache. */
  readonly uri: string;
  /**
   * Opens a file, unpacked from the encoding it was sent in; `undefined` if it is not there.
   *
   * @throws StatusError Unavailable; InvalidArgument for a name that leads elsewhere.
   */
  open(
    name: string,
    options?: CallOptions & { readonly attemptsMax?: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Whether a file is there. */
  has(name: string, options?: CallOptions): Promise<boolean>;
  /** Writes a file as a whole: nobody sees a part of it. */
  put(name: string, file: OutgoingFile, options?: CallOptions): Promise<void>;
}
