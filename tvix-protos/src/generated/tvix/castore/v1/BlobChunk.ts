// Original file: proto/tvix/castore/protos/rpc_blobstore.proto


export interface BlobChunk {
  'data'?: (Buffer | Uint8Array | string);
}

export interface BlobChunk__Output {
  'data'?: (Buffer);
}
