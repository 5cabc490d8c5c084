// Original file: proto/snix/castore/protos/rpc_blobstore.proto


export interface GetBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface GetBlobRequest__Output {
  'digest'?: (Buffer);
}
