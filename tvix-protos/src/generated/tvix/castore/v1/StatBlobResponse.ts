// Original file: proto/tvix/castore/protos/rpc_blobstore.proto

import type { Long } from '@grpc/proto-loader';

export interface _tvix_castore_v1_StatBlobResponse_ChunkMeta {
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
}

export interface _tvix_castore_v1_StatBlobResponse_ChunkMeta__Output {
  'digest'?: (Buffer);
  'size'?: (string);
}

export interface StatBlobResponse {
  'chunks'?: (_tvix_castore_v1_StatBlobResponse_ChunkMeta)[];
  'bao'?: (Buffer | Uint8Array | string);
}

export interface StatBlobResponse__Output {
  'chunks': (_tvix_castore_v1_StatBlobResponse_ChunkMeta__Output)[];
  'bao'?: (Buffer);
}
