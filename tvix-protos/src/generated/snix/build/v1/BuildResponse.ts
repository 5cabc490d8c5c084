// Original file: proto/snix/build/protos/build.proto

import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from '../../../snix/castore/v1/Entry.js';
import type { Long } from '@grpc/proto-loader';

export interface _snix_build_v1_BuildResponse_Output {
  'output'?: (_snix_castore_v1_Entry | null);
  'needles'?: (number | string | Long)[];
}

export interface _snix_build_v1_BuildResponse_Output__Output {
  'output'?: (_snix_castore_v1_Entry__Output);
  'needles': (string)[];
}

export interface BuildResponse {
  'outputs'?: (_snix_build_v1_BuildResponse_Output)[];
}

export interface BuildResponse__Output {
  'outputs': (_snix_build_v1_BuildResponse_Output__Output)[];
}
