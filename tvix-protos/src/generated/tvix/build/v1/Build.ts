// Original file: proto/tvix/build/protos/build.proto

import type { BuildRequest as _tvix_build_v1_BuildRequest, BuildRequest__Output as _tvix_build_v1_BuildRequest__Output } from '../../../tvix/build/v1/BuildRequest.js';
import type { Node as _tvix_castore_v1_Node, Node__Output as _tvix_castore_v1_Node__Output } from '../../../tvix/castore/v1/Node.js';
import type { Long } from '@grpc/proto-loader';

export interface _tvix_build_v1_Build_OutputNeedles {
  'needles'?: (number | string | Long)[];
}

export interface _tvix_build_v1_Build_OutputNeedles__Output {
  'needles': (string)[];
}

export interface Build {
  'buildRequest'?: (_tvix_build_v1_BuildRequest | null);
  'outputs'?: (_tvix_castore_v1_Node)[];
  'outputsNeedles'?: (_tvix_build_v1_Build_OutputNeedles)[];
}

export interface Build__Output {
  'buildRequest'?: (_tvix_build_v1_BuildRequest__Output);
  'outputs': (_tvix_castore_v1_Node__Output)[];
  'outputsNeedles': (_tvix_build_v1_Build_OutputNeedles__Output)[];
}
