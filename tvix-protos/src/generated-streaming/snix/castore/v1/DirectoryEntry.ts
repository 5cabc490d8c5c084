// Original file: proto/snix/castore/protos/castore.proto

import type { Long } from '@grpc/proto-loader';

export interface DirectoryEntry {
  'name'?: (Buffer | Uint8Array | string);
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
}

export interface DirectoryEntry__Output {
  'name'?: (Buffer);
  'digest'?: (Buffer);
  'size'?: (string);
}
