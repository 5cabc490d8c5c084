// Original file: proto/snix/castore/protos/rpc_blobservice.proto


export interface BlobChunk {
  'data'?: (Buffer | Uint8Array | string);
}

export interface BlobChunk__Output {
  'data'?: (Buffer);
}
