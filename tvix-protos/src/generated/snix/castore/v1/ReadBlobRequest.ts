// Original file: proto/snix/castore/protos/rpc_blobservice.proto


export interface ReadBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface ReadBlobRequest__Output {
  'digest'?: (Buffer);
}
