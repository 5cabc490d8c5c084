// Original file: proto/snix/store/protos/pathinfo.proto

import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from '../../../snix/castore/v1/Entry.js';
import type { NARInfo as _snix_store_v1_NARInfo, NARInfo__Output as _snix_store_v1_NARInfo__Output } from '../../../snix/store/v1/NARInfo.js';

export interface PathInfo {
  'entry'?: (_snix_castore_v1_Entry | null);
  'references'?: (Buffer | Uint8Array | string)[];
  'narinfo'?: (_snix_store_v1_NARInfo | null);
}

export interface PathInfo__Output {
  'entry'?: (_snix_castore_v1_Entry__Output);
  'references': (Buffer)[];
  'narinfo'?: (_snix_store_v1_NARInfo__Output);
}
