// Original file: proto/snix/castore/protos/castore.proto

import type { Long } from '@grpc/proto-loader';

export interface FileEntry {
  'name'?: (Buffer | Uint8Array | string);
  'digest'?: (Buffer | Uint8Array | string);
  'size'?: (number | string | Long);
  'executable'?: (boolean);
}

export interface FileEntry__Output {
  'name'?: (Buffer);
  'digest'?: (Buffer);
  'size'?: (string);
  'executable'?: (boolean);
}
