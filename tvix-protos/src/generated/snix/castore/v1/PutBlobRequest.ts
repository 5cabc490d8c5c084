// Original file: proto/snix/castore/protos/rpc_blobstore.proto

import type { BlobMeta as _snix_castore_v1_BlobMeta, BlobMeta__Output as _snix_castore_v1_BlobMeta__Output } from '../../../snix/castore/v1/BlobMeta.js';

export interface PutBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
  'blobMeta'?: (_snix_castore_v1_BlobMeta | null);
}

export interface PutBlobRequest__Output {
  'digest'?: (Buffer);
  'blobMeta'?: (_snix_castore_v1_BlobMeta__Output);
}
