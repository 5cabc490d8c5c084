// Original file: proto/build/bazel/remote/logstream/v1/remote_logstream.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CreateLogStreamRequest as _build_bazel_remote_logstream_v1_CreateLogStreamRequest, CreateLogStreamRequest__Output as _build_bazel_remote_logstream_v1_CreateLogStreamRequest__Output } from '../../../../../build/bazel/remote/logstream/v1/CreateLogStreamRequest.js';
import type { LogStream as _build_bazel_remote_logstream_v1_LogStream, LogStream__Output as _build_bazel_remote_logstream_v1_LogStream__Output } from '../../../../../build/bazel/remote/logstream/v1/LogStream.js';

export interface LogStreamServiceClient extends grpc.Client {
  CreateLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  CreateLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  CreateLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  CreateLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  createLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  createLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  createLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  createLogStream(argument: _build_bazel_remote_logstream_v1_CreateLogStreamRequest, callback: grpc.requestCallback<_build_bazel_remote_logstream_v1_LogStream__Output>): grpc.ClientUnaryCall;
  
}

export interface LogStreamServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateLogStream: grpc.handleUnaryCall<_build_bazel_remote_logstream_v1_CreateLogStreamRequest__Output, _build_bazel_remote_logstream_v1_LogStream>;
  
}

export interface LogStreamServiceDefinition extends grpc.ServiceDefinition {
  CreateLogStream: MethodDefinition<_build_bazel_remote_logstream_v1_CreateLogStreamRequest, _build_bazel_remote_logstream_v1_LogStream, _build_bazel_remote_logstream_v1_CreateLogStreamRequest__Output, _build_bazel_remote_logstream_v1_LogStream__Output>
}
