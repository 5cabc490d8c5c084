import type { BlobInfo } from "../../digest/index.js";
import type { TableEntry } from "../index-db/index-db.js";
import type { StoredBlob } from "./blob-index.js";
import type { Place } from "./blob-record.js";

/** A small blob to store. */
export interface SmallBlob {
  readonly info: BlobInfo;
  readonly bytes: Uint8Array;
}

/** Small blobs that were put, and of which the index was never told: a crash came between. */
export interface RecoveredBlobs {
  readonly blobs: readonly StoredBlob[];
  /** As {@link BlobContents.watermarks}, of the packs they are in. */
  readonly marks: readonly TableEntry[];
}

/** A large blob being written; its hashes are known at the end only. One of `keep` and `discard` ends it. */
export interface LargeBlobWriter {
  /** Takes the next bytes. They must not change until the promise of the following call (of any method) has resolved. */
  append(bytes: Uint8Array): Promise<void>;
  /** Makes it the blob of that name. */
  keep(blake3: string): Promise<Place>;
  /** Throws it away. Never fails. */
  discard(): Promise<void>;
}

/** A file of this machine on its way in. One of `keep` and `discard` ends it. */
export interface IncomingFile extends Pick<LargeBlobWriter, "keep" | "discard"> {
  /** All of it is there already, because the file system lets both files share it: nothing is to be written. */
  readonly isCloned: boolean;
  /** Writes the next bytes, which must not change before it resolves. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A blob held open for reading: it stays readable while held, also if the garbage collector removes it meanwhile. */
export interface BlobReader {
  /** Bytes from `offset`; fewer than `length` only if the contents are damaged. The buffer belongs to the caller. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The contents of blobs by place: what a memory and a disk leaf differ in. Knows nothing of digests' index. */
export interface BlobContents {
  /** Larger blobs go through {@link create}. */
  readonly smallBytesMax: number;
  /** Stores small blobs with one write. Called by one caller at a time. @throws StatusError ResourceExhausted; nothing is kept then. */
  putSmall(blobs: readonly SmallBlob[]): Promise<Place[]>;
  /** What to write into table `meta` in the transaction that makes everything put so far known, so that what came after it is found again. */
  watermarks(): TableEntry[];
  readonly recovered: RecoveredBlobs;
  create(): Promise<LargeBlobWriter>;
  /** Takes a file of this machine as a large blob. Absent where contents are no files. */
  takeFile?(path: string): IncomingFile;
  /** Whether bytes of that extent can exist there: false for a place that a power loss cut off. Cheap. */
  mayHold(place: Place, sizeBytes: number): boolean;
  /** Holds the blob from the moment of the call, not of the promise. */
  open(place: Place, blake3: string): Promise<BlobReader>;
  /** Whole small blobs, coalesced where they lie together; `undefined` where the contents are not there. In the order of the request. */
  readSmall(blobs: readonly StoredBlob[]): Promise<(Uint8Array | undefined)[]>;
  /** The path of a blob that is a file of its own. */
  fileOf(place: Place, blake3: string): string | undefined;
  close(): Promise<void>;
}
