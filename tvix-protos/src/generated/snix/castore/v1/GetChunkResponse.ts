// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface GetChunkResponse {
  'data'?: (Buffer | Uint8Array | string);
}

export interface GetChunkResponse__Output {
  'data'?: (Buffer);
}
