// Original file: proto/tvix/castore/protos/castore.proto


export interface SymlinkNode {
  'name'?: (Buffer | Uint8Array | string);
  'target'?: (Buffer | Uint8Array | string);
}

export interface SymlinkNode__Output {
  'name'?: (Buffer);
  'target'?: (Buffer);
}
