// Original file: proto/snix/castore/protos/rpc_blobservice.proto


export interface StatBlobRequest {
  'digest'?: (Buffer | Uint8Array | string);
  'sendChunks'?: (boolean);
  'sendBao'?: (boolean);
}

export interface StatBlobRequest__Output {
  'digest'?: (Buffer);
  'sendChunks'?: (boolean);
  'sendBao'?: (boolean);
}
