// Original file: proto/tvix/castore/protos/rpc_directory.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Directory as _tvix_castore_v1_Directory, Directory__Output as _tvix_castore_v1_Directory__Output } from '../../../tvix/castore/v1/Directory.js';
import type { GetDirectoryRequest as _tvix_castore_v1_GetDirectoryRequest, GetDirectoryRequest__Output as _tvix_castore_v1_GetDirectoryRequest__Output } from '../../../tvix/castore/v1/GetDirectoryRequest.js';
import type { PutDirectoryResponse as _tvix_castore_v1_PutDirectoryResponse, PutDirectoryResponse__Output as _tvix_castore_v1_PutDirectoryResponse__Output } from '../../../tvix/castore/v1/PutDirectoryResponse.js';

export interface DirectoryServiceClient extends grpc.Client {
  Get(argument: _tvix_castore_v1_GetDirectoryRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_castore_v1_Directory__Output>;
  Get(argument: _tvix_castore_v1_GetDirectoryRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_castore_v1_Directory__Output>;
  get(argument: _tvix_castore_v1_GetDirectoryRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_castore_v1_Directory__Output>;
  get(argument: _tvix_castore_v1_GetDirectoryRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_castore_v1_Directory__Output>;
  
  Put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  Put(metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  Put(options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  Put(callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  put(metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  put(options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  put(callback: grpc.requestCallback<_tvix_castore_v1_PutDirectoryResponse__Output>): grpc.ClientWritableStream<_tvix_castore_v1_Directory>;
  
}

export interface DirectoryServiceHandlers extends grpc.UntypedServiceImplementation {
  Get: grpc.handleServerStreamingCall<_tvix_castore_v1_GetDirectoryRequest__Output, _tvix_castore_v1_Directory>;
  
  Put: grpc.handleClientStreamingCall<_tvix_castore_v1_Directory__Output, _tvix_castore_v1_PutDirectoryResponse>;
  
}

export interface DirectoryServiceDefinition extends grpc.ServiceDefinition {
  Get: MethodDefinition<_tvix_castore_v1_GetDirectoryRequest, _tvix_castore_v1_Directory, _tvix_castore_v1_GetDirectoryRequest__Output, _tvix_castore_v1_Directory__Output>
  Put: MethodDefinition<_tvix_castore_v1_Directory, _tvix_castore_v1_PutDirectoryResponse, _tvix_castore_v1_Directory__Output, _tvix_castore_v1_PutDirectoryResponse__Output>
}
