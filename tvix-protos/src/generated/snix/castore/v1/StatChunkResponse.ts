// Original file: proto/snix/castore/protos/rpc_chunkstore.proto


export interface StatChunkResponse {
}

export interface StatChunkResponse__Output {
}
