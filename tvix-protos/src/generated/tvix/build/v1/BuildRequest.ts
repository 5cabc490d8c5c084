// Original file: proto/tvix/build/protos/build.proto

import type { Node as _tvix_castore_v1_Node, Node__Output as _tvix_castore_v1_Node__Output } from '../../../tvix/castore/v1/Node.js';
import type { Long } from '@grpc/proto-loader';

export interface _tvix_build_v1_BuildRequest_AdditionalFile {
  'path'?: (string);
  'contents'?: (Buffer | Uint8Array | string);
}

export interface _tvix_build_v1_BuildRequest_AdditionalFile__Output {
  'path'?: (string);
  'contents'?: (Buffer);
}

export interface _tvix_build_v1_BuildRequest_BuildConstraints {
  'system'?: (string);
  'minMemory'?: (number | string | Long);
  'availableRoPaths'?: (string)[];
  'networkAccess'?: (boolean);
  'provideBinSh'?: (boolean);
}

export interface _tvix_build_v1_BuildRequest_BuildConstraints__Output {
  'system'?: (string);
  'minMemory'?: (string);
  'availableRoPaths': (string)[];
  'networkAccess'?: (boolean);
  'provideBinSh'?: (boolean);
}

export interface _tvix_build_v1_BuildRequest_EnvVar {
  'key'?: (string);
  'value'?: (Buffer | Uint8Array | string);
}

export interface _tvix_build_v1_BuildRequest_EnvVar__Output {
  'key'?: (string);
  'value'?: (Buffer);
}

export interface BuildRequest {
  'inputs'?: (_tvix_castore_v1_Node)[];
  'commandArgs'?: (string)[];
  'workingDir'?: (string);
  'scratchPaths'?: (string)[];
  'inputsDir'?: (string);
  'outputs'?: (string)[];
  'environmentVars'?: (_tvix_build_v1_BuildRequest_EnvVar)[];
  'constraints'?: (_tvix_build_v1_BuildRequest_BuildConstraints | null);
  'additionalFiles'?: (_tvix_build_v1_BuildRequest_AdditionalFile)[];
  'refscanNeedles'?: (string)[];
}

export interface BuildRequest__Output {
  'inputs': (_tvix_castore_v1_Node__Output)[];
  'commandArgs': (string)[];
  'workingDir'?: (string);
  'scratchPaths': (string)[];
  'inputsDir'?: (string);
  'outputs': (string)[];
  'environmentVars': (_tvix_build_v1_BuildRequest_EnvVar__Output)[];
  'constraints'?: (_tvix_build_v1_BuildRequest_BuildConstraints__Output);
  'additionalFiles': (_tvix_build_v1_BuildRequest_AdditionalFile__Output)[];
  'refscanNeedles': (string)[];
}
