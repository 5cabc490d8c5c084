// Original file: proto/tvix/castore/protos/castore.proto

import type { Long } from '@grpc/proto-loader';

export interface DirectoryNode {
  'name'?: (Buffer | Uint8Array | string);
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
}

export interface DirectoryNode__Output {
  'name'?: (Buffer);
  'digest'?: (Buffer);
  'size'?: (string);
}
