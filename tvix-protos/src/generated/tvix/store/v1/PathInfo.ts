// Original file: proto/tvix/store/protos/pathinfo.proto

import type { Node as _tvix_castore_v1_Node, Node__Output as _tvix_castore_v1_Node__Output } from '../../../tvix/castore/v1/Node.js';
import type { NARInfo as _tvix_store_v1_NARInfo, NARInfo__Output as _tvix_store_v1_NARInfo__Output } from '../../../tvix/store/v1/NARInfo.js';

export interface PathInfo {
  'node'?: (_tvix_castore_v1_Node | null);
  'references'?: (Buffer | Uint8Array | string)[];
  'narinfo'?: (_tvix_store_v1_NARInfo | null);
}

export interface PathInfo__Output {
  'node'?: (_tvix_castore_v1_Node__Output);
  'references': (Buffer)[];
  'narinfo'?: (_tvix_store_v1_NARInfo__Output);
}
