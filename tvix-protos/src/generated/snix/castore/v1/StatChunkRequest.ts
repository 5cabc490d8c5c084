// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface StatChunkRequest {
  'digest'?: (Buffer | Uint8Array | string);
}

export interface StatChunkRequest__Output {
  'digest'?: (Buffer);
}
