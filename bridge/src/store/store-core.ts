import type { BlobContents } from "./blobs/blob-contents.js";
import type { BlobIndex } from "./blobs/blob-index.js";
import type { BlobRecords } from "./blobs/blob-records.js";
import type { LocalBlobStore } from "./blobs/create-indexed-blob-store.js";
import type { Gate } from "./gate.js";
import type { Generation } from "./index-db/generation.js";
import type { IndexDb } from "./index-db/index-db.js";
import type { UsageLog } from "./index-db/usage-log.js";

/** What the parts of one store share. */
export interface StoreCore {
  readonly index: IndexDb;
  readonly records: BlobRecords;
  readonly blobIndex: BlobIndex;
  readonly contents: BlobContents;
  readonly blobs: LocalBlobStore;
  readonly usage: UsageLog;
  readonly gate: Gate;
  readonly generation: Generation;
  readonly readOnly: boolean;
}
