// Original file: proto/snix/build/protos/rpc_build.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BuildRequest as _snix_build_v1_BuildRequest, BuildRequest__Output as _snix_build_v1_BuildRequest__Output } from '../../../snix/build/v1/BuildRequest.js';
import type { BuildResponse as _snix_build_v1_BuildResponse, BuildResponse__Output as _snix_build_v1_BuildResponse__Output } from '../../../snix/build/v1/BuildResponse.js';

export interface BuildServiceClient extends grpc.Client {
  DoBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _snix_build_v1_BuildRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  DoBuild(argument: _snix_build_v1_BuildRequest, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _snix_build_v1_BuildRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  doBuild(argument: _snix_build_v1_BuildRequest, callback: grpc.requestCallback<_snix_build_v1_BuildResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface BuildServiceHandlers extends grpc.UntypedServiceImplementation {
  DoBuild: grpc.handleUnaryCall<_snix_build_v1_BuildRequest__Output, _snix_build_v1_BuildResponse>;
  
}

export interface BuildServiceDefinition extends grpc.ServiceDefinition {
  DoBuild: MethodDefinition<_snix_build_v1_BuildRequest, _snix_build_v1_BuildResponse, _snix_build_v1_BuildRequest__Output, _snix_build_v1_BuildResponse__Output>
}
