// Original file: proto/tvix/store/protos/rpc_pathinfo.proto


export interface GetPathInfoRequest {
  'byOutputHash'?: (Buffer | Uint8Array | string);
  'byWhat'?: "byOutputHash";
}

export interface GetPathInfoRequest__Output {
  'byOutputHash'?: (Buffer);
  'byWhat'?: "byOutputHash";
}
