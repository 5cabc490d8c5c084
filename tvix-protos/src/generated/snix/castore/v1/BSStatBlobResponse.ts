// Original file: proto/snix/castore/protos/rpc_blobstore.proto


export interface BSStatBlobResponse {
}

export interface BSStatBlobResponse__Output {
}
