// Original file: proto/snix/store/protos/rpc_pathinfo.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CalculateNARResponse as _snix_store_v1_CalculateNARResponse, CalculateNARResponse__Output as _snix_store_v1_CalculateNARResponse__Output } from '../../../snix/store/v1/CalculateNARResponse.js';
import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from '../../../snix/castore/v1/Entry.js';
import type { GetPathInfoRequest as _snix_store_v1_GetPathInfoRequest, GetPathInfoRequest__Output as _snix_store_v1_GetPathInfoRequest__Output } from '../../../snix/store/v1/GetPathInfoRequest.js';
import type { ListPathInfoRequest as _snix_store_v1_ListPathInfoRequest, ListPathInfoRequest__Output as _snix_store_v1_ListPathInfoRequest__Output } from '../../../snix/store/v1/ListPathInfoRequest.js';
import type { PathInfo as _snix_store_v1_PathInfo, PathInfo__Output as _snix_store_v1_PathInfo__Output } from '../../../snix/store/v1/PathInfo.js';

export interface PathInfoServiceClient extends grpc.Client {
  CalculateNAR(argument: _snix_castore_v1_Entry, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _snix_castore_v1_Entry, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _snix_castore_v1_Entry, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  CalculateNAR(argument: _snix_castore_v1_Entry, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _snix_castore_v1_Entry, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _snix_castore_v1_Entry, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _snix_castore_v1_Entry, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  calculateNar(argument: _snix_castore_v1_Entry, callback: grpc.requestCallback<_snix_store_v1_CalculateNARResponse__Output>): grpc.ClientUnaryCall;
  
  Get(argument: _snix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _snix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _snix_store_v1_GetPathInfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _snix_store_v1_GetPathInfoRequest, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _snix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _snix_store_v1_GetPathInfoRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _snix_store_v1_GetPathInfoRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _snix_store_v1_GetPathInfoRequest, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  
  List(argument: _snix_store_v1_ListPathInfoRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_store_v1_PathInfo__Output>;
  List(argument: _snix_store_v1_ListPathInfoRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_store_v1_PathInfo__Output>;
  list(argument: _snix_store_v1_ListPathInfoRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_store_v1_PathInfo__Output>;
  list(argument: _snix_store_v1_ListPathInfoRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_store_v1_PathInfo__Output>;
  
  Put(argument: _snix_store_v1_PathInfo, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _snix_store_v1_PathInfo, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _snix_store_v1_PathInfo, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  Put(argument: _snix_store_v1_PathInfo, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _snix_store_v1_PathInfo, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _snix_store_v1_PathInfo, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _snix_store_v1_PathInfo, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  put(argument: _snix_store_v1_PathInfo, callback: grpc.requestCallback<_snix_store_v1_PathInfo__Output>): grpc.ClientUnaryCall;
  
}

export interface PathInfoServiceHandlers extends grpc.UntypedServiceImplementation {
  CalculateNAR: grpc.handleUnaryCall<_snix_castore_v1_Entry__Output, _snix_store_v1_CalculateNARResponse>;
  
  Get: grpc.handleUnaryCall<_snix_store_v1_GetPathInfoRequest__Output, _snix_store_v1_PathInfo>;
  
  List: grpc.handleServerStreamingCall<_snix_store_v1_ListPathInfoRequest__Output, _snix_store_v1_PathInfo>;
  
  Put: grpc.handleUnaryCall<_snix_store_v1_PathInfo__Output, _snix_store_v1_PathInfo>;
  
}

export interface PathInfoServiceDefinition extends grpc.ServiceDefinition {
  CalculateNAR: MethodDefinition<_snix_castore_v1_Entry, _snix_store_v1_CalculateNARResponse, _snix_castore_v1_Entry__Output, _snix_store_v1_CalculateNARResponse__Output>
  Get: MethodDefinition<_snix_store_v1_GetPathInfoRequest, _snix_store_v1_PathInfo, _snix_store_v1_GetPathInfoRequest__Output, _snix_store_v1_PathInfo__Output>
  List: MethodDefinition<_snix_store_v1_ListPathInfoRequest, _snix_store_v1_PathInfo, _snix_store_v1_ListPathInfoRequest__Output, _snix_store_v1_PathInfo__Output>
  Put: MethodDefinition<_snix_store_v1_PathInfo, _snix_store_v1_PathInfo, _snix_store_v1_PathInfo__Output, _snix_store_v1_PathInfo__Output>
}
