// Original file: proto/snix/castore/protos/rpc_blobstore.proto

import type { BlobMeta as _snix_castore_v1_BlobMeta, BlobMeta__Output as _snix_castore_v1_BlobMeta__Output } from '../../../snix/castore/v1/BlobMeta.js';

export interface GetBlobResponse {
  'blobMeta'?: (_snix_castore_v1_BlobMeta | null);
}

export interface GetBlobResponse__Output {
  'blobMeta'?: (_snix_castore_v1_BlobMeta__Output);
}
