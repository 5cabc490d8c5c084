// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface PutChunkRequest {
  'data'?: (Buffer | Uint8Array | string);
}

export interface PutChunkRequest__Output {
  'data'?: (Buffer);
}
