// Original file: proto/snix/build/protos/rpc_build_streaming.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BuildRequest as _snix_build_v1_BuildRequest, BuildRequest__Output as _snix_build_v1_BuildRequest__Output } from '../../../snix/build/v1/BuildRequest.js';
import type { BuildUpdate as _snix_build_v1_BuildUpdate, BuildUpdate__Output as _snix_build_v1_BuildUpdate__Output } from '../../../snix/build/v1/BuildUpdate.js';

export interface BuildServiceClient extends grpc.Client {
  DoBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_build_v1_BuildUpdate__Output>;
  DoBuild(argument: _snix_build_v1_BuildRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_build_v1_BuildUpdate__Output>;
  doBuild(argument: _snix_build_v1_BuildRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_build_v1_BuildUpdate__Output>;
  doBuild(argument: _snix_build_v1_BuildRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_build_v1_BuildUpdate__Output>;
  
}

export interface BuildServiceHandlers extends grpc.UntypedServiceImplementation {
  DoBuild: grpc.handleServerStreamingCall<_snix_build_v1_BuildRequest__Output, _snix_build_v1_BuildUpdate>;
  
}

export interface BuildServiceDefinition extends grpc.ServiceDefinition {
  DoBuild: MethodDefinition<_snix_build_v1_BuildRequest, _snix_build_v1_BuildUpdate, _snix_build_v1_BuildRequest__Output, _snix_build_v1_BuildUpdate__Output>
}
