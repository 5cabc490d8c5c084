// Original file: proto/tvix/castore/protos/castore.proto

import type { Long } from '@grpc/proto-loader';

export interface FileNode {
  'name'?: (Buffer | Uint8Array | string);
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
  'executable'?: (boolean);
}

export interface FileNode__Output {
  'name'?: (Buffer);
  'digest'?: (Buffer);
  'size'?: (string);
  'executable'?: (boolean);
}
