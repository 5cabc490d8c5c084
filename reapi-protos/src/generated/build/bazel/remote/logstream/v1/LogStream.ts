// Original file: proto/build/bazel/remote/logstream/v1/remote_logstream.proto


export interface LogStream {
  'name'?: (string);
  'writeResourceName'?: (string);
}

export interface LogStream__Output {
  'name'?: (string);
  'writeResourceName'?: (string);
}
