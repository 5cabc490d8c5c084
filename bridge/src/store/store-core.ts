import type { BlobContents } from "./blobs/blob-contents.js";
import type { BlobIndex } from "./blobs/blob-index.js";
import type { BlobRecords } from "./blobs/blob-records.js";
import type { LocalBlobStore } from "./blobs/create-indexed-blob-store.js";
import type { Gate } from "./gate.js";
import type { Generation } from "./index-db/generation.js";
import type { UsageLog } from "./index-db/usage-log.js";
import type { JournaledIndex } from "./index-db/with-journal.js";

/** What the parts of one store share. */
export interface StoreCore {
  readonly index: JournaledIndex;
  readonly records: BlobRecords;
  readonly blobIndex: BlobIndex;
  readonly contents: BlobContents;
  readonly blobs: LocalBlobStore;
  readonly usage: UsageLog;
  readonly gate: Gate;
  readonly generation: Generation;
  readonly readOnly: boolean;
}
