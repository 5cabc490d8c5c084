// Original file: proto/tvix/castore/protos/rpc_directory.proto


export interface PutDirectoryResponse {
  'rootDigest'?: (Buffer | Uint8Array | string);
}

export interface PutDirectoryResponse__Output {
  'rootDigest'?: (Buffer);
}
