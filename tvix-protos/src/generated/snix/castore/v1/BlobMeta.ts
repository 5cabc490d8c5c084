// Original file: proto/snix/castore/protos/blobstore.proto

import type { Long } from '@grpc/proto-loader';

export interface _snix_castore_v1_BlobMeta_ChunkMeta {
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
}

export interface _snix_castore_v1_BlobMeta_ChunkMeta__Output {
  'digest'?: (Buffer);
  'size'?: (string);
}

export interface BlobMeta {
  'chunks'?: (_snix_castore_v1_BlobMeta_ChunkMeta)[];
}

export interface BlobMeta__Output {
  'chunks': (_snix_castore_v1_BlobMeta_ChunkMeta__Output)[];
}
