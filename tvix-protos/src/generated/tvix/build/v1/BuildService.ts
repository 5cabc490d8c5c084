// Original file: proto/tvix/build/protos/rpc_build.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Build as _tvix_build_v1_Build, Build__Output as _tvix_build_v1_Build__Output } from '../../../tvix/build/v1/Build.js';
import type { BuildRequest as _tvix_build_v1_BuildRequest, BuildRequest__Output as _tvix_build_v1_BuildRequest__Output } from '../../../tvix/build/v1/BuildRequest.js';

export interface BuildServiceClient extends grpc.Client {
  DoBuild(argument: _tvix_build_v1_BuildRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _tvix_build_v1_BuildRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _tvix_build_v1_BuildRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _tvix_build_v1_BuildRequest, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _tvix_build_v1_BuildRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _tvix_build_v1_BuildRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _tvix_build_v1_BuildRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _tvix_build_v1_BuildRequest, callback: grpc.requestCallback<_tvix_build_v1_Build__Output>): grpc.ClientUnaryCall;
  
}

export interface BuildServiceHandlers extends grpc.UntypedServiceImplementation {
  DoBuild: grpc.handleUnaryCall<_tvix_build_v1_BuildRequest__Output, _tvix_build_v1_Build>;
  
}

export interface BuildServiceDefinition extends grpc.ServiceDefinition {
  DoBuild: MethodDefinition<_tvix_build_v1_BuildRequest, _tvix_build_v1_Build, _tvix_build_v1_BuildRequest__Output, _tvix_build_v1_Build__Output>
}
