// Original file: proto/tvix/castore/protos/rpc_directory.proto


export interface GetDirectoryRequest {
  'digest'?: (Buffer | Uint8Array | string);
  'recursive'?: (boolean);
  'byWhat'?: "digest";
}

export interface GetDirectoryRequest__Output {
  'digest'?: (Buffer);
  'recursive'?: (boolean);
  'byWhat'?: "digest";
}
