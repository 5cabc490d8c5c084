// Original file: proto/tvix/castore/protos/rpc_blobstore.proto


export interface PutBlobResponse {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface PutBlobResponse__Output {
  'digest'?: (Buffer);
}
