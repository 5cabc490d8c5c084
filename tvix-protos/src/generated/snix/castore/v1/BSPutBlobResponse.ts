// Original file: proto/snix/castore/protos/rpc_blobstore.proto


export interface BSPutBlobResponse {
}

export interface BSPutBlobResponse__Output {
}
