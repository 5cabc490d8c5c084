// Original file: proto/build/bazel/remote/logstream/v1/remote_logstream.proto


export interface CreateLogStreamRequest {
  'parent'?: (string);
}

export interface CreateLogStreamRequest__Output {
  'parent'?: (string);
}
