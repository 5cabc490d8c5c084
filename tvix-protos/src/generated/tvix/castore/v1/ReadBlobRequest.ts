// Original file: proto/tvix/castore/protos/rpc_blobstore.proto


export interface ReadBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface ReadBlobRequest__Output {
  'digest'?: (Buffer);
}
