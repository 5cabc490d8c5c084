// Original file: proto/tvix/store/protos/pathinfo.proto


export interface StorePath {
  'name'?: (string);
  'digest'?: (Buffer | Uint8Array | string);
}

export interface StorePath__Output {
  'name'?: (string);
  'digest'?: (Buffer);
}
