// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface GetChunkRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface GetChunkRequest__Output {
  'digest'?: (Buffer);
}
