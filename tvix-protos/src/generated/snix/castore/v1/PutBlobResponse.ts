// Original file: proto/snix/castore/protos/rpc_blobservice.proto


export interface PutBlobResponse {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface PutBlobResponse__Output {
  'digest'?: (Buffer);
}
