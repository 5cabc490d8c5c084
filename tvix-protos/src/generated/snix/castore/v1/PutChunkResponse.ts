// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface PutChunkResponse {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface PutChunkResponse__Output {
  'digest'?: (Buffer);
}
