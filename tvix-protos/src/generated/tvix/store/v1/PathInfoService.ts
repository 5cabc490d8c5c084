// Original file: proto/tvix/store/protos/rpc_pathinfo.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CalculateNARResponse as _tvix_store_v1_CalculateNARResponse, CalculateNARResponse__Output as _tvix_store_v1_CalculateNARResponse__Output } from '../../../tvix/store/v1/CalculateNARResponse.js';
import type { GetPathInfoRequest as _tvix_store_v1_GetPathInfoRequest, GetPathInfoRequest__Output as _tvix_store_v1_GetPathInfoRequest__Output } from '../../../tvix/store/v1/GetPathInfoRequest.js';
import type { ListPathInfoRequest as _tvix_store_v1_ListPathInfoRequest, ListPathInfoRequest__Output as _tvix_store_v1_ListPathInfoRequest__Output } from '../../../tvix/store/v1/ListPathInfoRequest.js';
import type { Node as _tvix_castore_v1_Node, Node__Output as _tvix_castore_v1_Node__Output } from '../../../tvix/castore/v1/Node.js';
import type { PathInfo as _tvix_store_v1_PathInfo, PathInfo__Output as _tvix_store_v1_PathInfo__Output } from '../../../tvix/store/v1/PathInfo.js';

export interface PathInfoServiceClient extends grpc.Client {
  CalculateNAR(argument: _tvix_castore_v1_Node, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _tvix_castore_v1_Node, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _tvix_castore_v1_Node, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _tvix_castore_v1_Node, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _tvix_castore_v1_Node, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _tvix_castore_v1_Node, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _tvix_castore_v1_Node, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _tvix_castore_v1_Node, callback: grpc.requestCallback<_tvix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  
  Get(argument: _tvix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _tvix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _tvix_store_v1_GetPathInfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _tvix_store_v1_GetPathInfoRequest, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _tvix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _tvix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _tvix_store_v1_GetPathInfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _tvix_store_v1_GetPathInfoRequest, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  
  List(argument: _tvix_store_v1_ListPathInfoRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_store_v1_PathInfo__Output>;
  List(argument: _tvix_store_v1_ListPathInfoRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_store_v1_PathInfo__Output>;
  list(argument: _tvix_store_v1_ListPathInfoRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_store_v1_PathInfo__Output>;
  list(argument: _tvix_store_v1_ListPathInfoRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tvix_store_v1_PathInfo__Output>;
  
  Put(argument: _tvix_store_v1_PathInfo, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _tvix_store_v1_PathInfo, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _tvix_store_v1_PathInfo, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _tvix_store_v1_PathInfo, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _tvix_store_v1_PathInfo, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _tvix_store_v1_PathInfo, metadata: grpc.Metadata, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _tvix_store_v1_PathInfo, options: grpc.CallOptions, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _tvix_store_v1_PathInfo, callback: grpc.requestCallback<_tvix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  
}

export interface PathInfoServiceHandlers extends grpc.UntypedServiceImplementation {
  CalculateNAR: grpc.handleUnaryCall<_tvix_castore_v1_Node__Output, _tvix_store_v1_CalculateNARResponse>;
  
  Get: grpc.handleUnaryCall<_tvix_store_v1_GetPathInfoRequest__Output, _tvix_store_v1_PathInfo>;
  
  List: grpc.handleServerStreamingCall<_tvix_store_v1_ListPathInfoRequest__Output, _tvix_store_v1_PathInfo>;
  
  Put: grpc.handleUnaryCall<_tvix_store_v1_PathInfo__Output, _tvix_store_v1_PathInfo>;
  
}

export interface PathInfoServiceDefinition extends grpc.ServiceDefinition {
  CalculateNAR: MethodDefinition<_tvix_castore_v1_Node, _tvix_store_v1_CalculateNARResponse, _tvix_castore_v1_Node__Output, _tvix_store_v1_CalculateNARResponse__Output>
  Get: MethodDefinition<_tvix_store_v1_GetPathInfoRequest, _tvix_store_v1_PathInfo, _tvix_store_v1_GetPathInfoRequest__Output, _tvix_store_v1_PathInfo__Output>
  List: MethodDefinition<_tvix_store_v1_ListPathInfoRequest, _tvix_store_v1_PathInfo, _tvix_store_v1_ListPathInfoRequest__Output, _tvix_store_v1_PathInfo__Output>
  Put: MethodDefinition<_tvix_store_v1_PathInfo, _tvix_store_v1_PathInfo, _tvix_store_v1_PathInfo__Output, _tvix_store_v1_PathInfo__Output>
}
