// Original file: proto/snix/castore/protos/castore.proto


export interface SymlinkEntry {
  'name'?: (Buffer | Uint8Array | string);
  'target'?: (Buffer | Uint8Array | string);
}

export interface SymlinkEntry__Output {
  'name'?: (Buffer);
  'target'?: (Buffer);
}
