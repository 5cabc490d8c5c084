// Original file: proto/snix/build/protos/build.proto

import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from '../../../snix/castore/v1/Entry.js';
import type { Long } from '@grpc/proto-loader';

export interface _snix_build_v1_BuildRequest_AdditionalFile {
  'path'?: (string);
  'contents'?: (Buffer | Uint8Array | string);
}

export interface _snix_build_v1_BuildRequest_AdditionalFile__Output {
  'path'?: (string);
  'contents'?: (Buffer);
}

export interface _snix_build_v1_BuildRequest_BuildConstraints {
  'system'?: (string);
  'minMemory'?: (number | string | Long);
  'availableRoPaths'?: (string)[];
  'networkAccess'?: (boolean);
  'provideBinSh'?: (boolean);
}

export interface _snix_build_v1_BuildRequest_BuildConstraints__Output {
  'system'?: (string);
  'minMemory'?: (string);
  'availableRoPaths': (string)[];
  'networkAccess'?: (boolean);
  'provideBinSh'?: (boolean);
}

export interface _snix_build_v1_BuildRequest_EnvVar {
  'key'?: (string);
  'value'?: (Buffer | Uint8Array | string);
}

export interface _snix_build_v1_BuildRequest_EnvVar__Output {
  'key'?: (string);
  'value'?: (Buffer);
}

export interface BuildRequest {
  'inputs'?: (_snix_castore_v1_Entry)[];
  'commandArgs'?: (string)[];
  'workingDir'?: (string);
  'scratchPaths'?: (string)[];
  'inputsDir'?: (string);
  'outputs'?: (string)[];
  'environmentVars'?: (_snix_build_v1_BuildRequest_EnvVar)[];
  'constraints'?: (_snix_build_v1_BuildRequest_BuildConstraints | null);
  'additionalFiles'?: (_snix_build_v1_BuildRequest_AdditionalFile)[];
  'refscanNeedles'?: (string)[];
}

export interface BuildRequest__Output {
  'inputs': (_snix_castore_v1_Entry__Output)[];
  'commandArgs': (string)[];
  'workingDir'?: (string);
  'scratchPaths': (string)[];
  'inputsDir'?: (string);
  'outputs': (string)[];
  'environmentVars': (_snix_build_v1_BuildRequest_EnvVar__Output)[];
  'constraints'?: (_snix_build_v1_BuildRequest_BuildConstraints__Output);
  'additionalFiles': (_snix_build_v1_BuildRequest_AdditionalFile__Output)[];
  'refscanNeedles': (string)[];
}
