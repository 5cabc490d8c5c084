// Original file: proto/snix/build/protos/build.proto

import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from '../../../snix/castore/v1/Entry.js';
import type { Long } from '@grpc/proto-loader';

export interface _snix_build_v1_BuildUpdate_BuildFailure {
  'nonzeroExitCode'?: (_snix_build_v1_BuildUpdate_BuildFailure_NonzeroExitCode | null);
  'missingOutput'?: (_snix_build_v1_BuildUpdate_BuildFailure_MissingOutput | null);
  'other'?: (_snix_build_v1_BuildUpdate_BuildFailure_Other | null);
  'kind'?: "nonzeroExitCode"|"missingOutput"|"other";
}

export interface _snix_build_v1_BuildUpdate_BuildFailure__Output {
  'nonzeroExitCode'?: (_snix_build_v1_BuildUpdate_BuildFailure_NonzeroExitCode__Output);
  'missingOutput'?: (_snix_build_v1_BuildUpdate_BuildFailure_MissingOutput__Output);
  'other'?: (_snix_build_v1_BuildUpdate_BuildFailure_Other__Output);
  'kind'?: "nonzeroExitCode"|"missingOutput"|"other";
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_MissingOutput {
  'output'?: (string);
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_MissingOutput__Output {
  'output'?: (string);
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_NonzeroExitCode {
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_NonzeroExitCode__Output {
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_Other {
  'message'?: (string);
}

export interface _snix_build_v1_BuildUpdate_BuildFailure_Other__Output {
  'message'?: (string);
}

export interface _snix_build_v1_BuildUpdate_ProducedOutput {
  'entry'?: (_snix_castore_v1_Entry | null);
  'idx'?: (number | string | Long);
  'needles'?: (number | string | Long)[];
}

export interface _snix_build_v1_BuildUpdate_ProducedOutput__Output {
  'entry'?: (_snix_castore_v1_Entry__Output);
  'idx'?: (string);
  'needles': (string)[];
}

export interface _snix_build_v1_BuildUpdate_StdioChunk {
  'chunk'?: (Buffer | Uint8Array | string);
}

export interface _snix_build_v1_BuildUpdate_StdioChunk__Output {
  'chunk'?: (Buffer);
}

export interface BuildUpdate {
  'producedOutput'?: (_snix_build_v1_BuildUpdate_ProducedOutput | null);
  'producedStdout'?: (_snix_build_v1_BuildUpdate_StdioChunk | null);
  'producedStderr'?: (_snix_build_v1_BuildUpdate_StdioChunk | null);
  'buildFailure'?: (_snix_build_v1_BuildUpdate_BuildFailure | null);
  'kind'?: "producedOutput"|"producedStdout"|"producedStderr"|"buildFailure";
}

export interface BuildUpdate__Output {
  'producedOutput'?: (_snix_build_v1_BuildUpdate_ProducedOutput__Output);
  'producedStdout'?: (_snix_build_v1_BuildUpdate_StdioChunk__Output);
  'producedStderr'?: (_snix_build_v1_BuildUpdate_StdioChunk__Output);
  'buildFailure'?: (_snix_build_v1_BuildUpdate_BuildFailure__Output);
  'kind'?: "producedOutput"|"producedStdout"|"producedStderr"|"buildFailure";
}
