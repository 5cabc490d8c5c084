// Original file: proto/snix/castore/protos/rpc_directory.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Directory as _snix_castore_v1_Directory, Directory__Output as _snix_castore_v1_Directory__Output } from '../../../snix/castore/v1/Directory.js';
import type { GetDirectoryRequest as _snix_castore_v1_GetDirectoryRequest, GetDirectoryRequest__Output as _snix_castore_v1_GetDirectoryRequest__Output } from '../../../snix/castore/v1/GetDirectoryRequest.js';
import type { PutDirectoryResponse as _snix_castore_v1_PutDirectoryResponse, PutDirectoryResponse__Output as _snix_castore_v1_PutDirectoryResponse__Output } from '../../../snix/castore/v1/PutDirectoryResponse.js';

export interface DirectoryServiceClient extends grpc.Client {
  Get(argument: _snix_castore_v1_GetDirectoryRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_Directory__Output>;
  Get(argument: _snix_castore_v1_GetDirectoryRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_Directory__Output>;
  get(argument: _snix_castore_v1_GetDirectoryRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_Directory__Output>;
  get(argument: _snix_castore_v1_GetDirectoryRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_Directory__Output>;
  
  Put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  Put(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  Put(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  Put(callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  put(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  put(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  put(callback: grpc.requestCallback<_snix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_Directory>;
  
}

export interface DirectoryServiceHandlers extends grpc.UntypedServiceImplementation {
  Get: grpc.handleServerStreamingCall<_snix_castore_v1_GetDirectoryRequest__Output, _snix_castore_v1_Directory>;
  
  Put: grpc.handleClientStreamingCall<_snix_castore_v1_Directory__Output, _snix_castore_v1_PutDirectoryResponse>;
  
}

export interface DirectoryServiceDefinition extends grpc.ServiceDefinition {
  Get: MethodDefinition<_snix_castore_v1_GetDirectoryRequest, _snix_castore_v1_Directory, _snix_castore_v1_GetDirectoryRequest__Output, _snix_castore_v1_Directory__Output>
  Put: MethodDefinition<_snix_castore_v1_Directory, _snix_castore_v1_PutDirectoryResponse, _snix_castore_v1_Directory__Output, _snix_castore_v1_PutDirectoryResponse__Output>
}
