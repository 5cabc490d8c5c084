// Original file: proto/tvix/store/protos/rpc_pathinfo.proto

import type { Long } from '@grpc/proto-loader';

export interface CalculateNARResponse {
  'narSize'?: (number | string | Long);
  'narSha256'?: (Buffer | Uint8Array | string);
}

export interface CalculateNARResponse__Output {
  'narSize'?: (string);
  'narSha256'?: (Buffer);
}
