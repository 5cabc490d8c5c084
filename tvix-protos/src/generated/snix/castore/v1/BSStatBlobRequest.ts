// Original file: proto/snix/castore/protos/rpc_blobstore.proto


export interface BSStatBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface BSStatBlobRequest__Output {
  'digest'?: (Buffer);
}
