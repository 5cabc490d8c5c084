import type { StorePath } from "../../formats/index.js";
import type { Offer } from "../substitute/path-source.js";

/** How a path is added. */
export interface AddPathOptions {
  readonly signal?: AbortSignal;
  /** Resolves when everything that the path refers to is there; the contents may be sent before. */
  readonly references: Promise<unknown>;
  /** Sees how many bytes of the archive have come. */
  readonly onReceived?: (receivedBytes: number) => void;
}

/** Somewhere that store paths can be copied to. */
export interface PathDestination extends AsyncDisposable {
  /** As people name it. */
  readonly uri: string;
  /** Which of these are there, with what they refer to. @throws StatusError if it cannot be asked. */
  validAmong(paths: readonly StorePath[], signal?: AbortSignal): Promise<ReadonlySet<StorePath>>;
  /** @throws StatusError if the archive is not what was said of it, or is not wanted. */
  add(offer: Offer, options: AddPathOptions): Promise<void>;
}
