import type { StorePath } from "../../formats/index.js";
import type { PathDescription } from "../import/path-description.js";

/** A path that can be had somewhere. */
export interface Offer {
  readonly info: PathDescription;
  /** What has to be sent; 0 if it is not known. */
  readonly downloadBytes: number;
  /**
   * Its archive, not packed, consumed once. What arrives is compared with what was said of the packed file; hash and size of the archive itself
   * are left to whoever takes it.
   *
   * @throws StatusError Unavailable, DataLoss, NotFound…
   */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Somewhere that has store paths: a binary cache, another store. */
export interface PathSource extends AsyncDisposable {
  /** As people name it. */
  readonly uri: string;
  /**
   * What it has of a path; `undefined` if it does not have it.
   *
   * @throws StatusError if it cannot be asked, or what it says makes no sense.
   */
  find(path: StorePath, signal?: AbortSignal): Promise<Offer | undefined>;
}
