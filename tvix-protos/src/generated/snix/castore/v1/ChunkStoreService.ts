// Original file: proto/snix/castore/protos/rpc_chunkstore.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetChunkRequest as _snix_castore_v1_GetChunkRequest, GetChunkRequest__Output as _snix_castore_v1_GetChunkRequest__Output } from '../../../snix/castore/v1/GetChunkRequest.js';
import type { GetChunkResponse as _snix_castore_v1_GetChunkResponse, GetChunkResponse__Output as _snix_castore_v1_GetChunkResponse__Output } from '../../../snix/castore/v1/GetChunkResponse.js';
import type { PutChunkRequest as _snix_castore_v1_PutChunkRequest, PutChunkRequest__Output as _snix_castore_v1_PutChunkRequest__Output } from '../../../snix/castore/v1/PutChunkRequest.js';
import type { PutChunkResponse as _snix_castore_v1_PutChunkResponse, PutChunkResponse__Output as _snix_castore_v1_PutChunkResponse__Output } from '../../../snix/castore/v1/PutChunkResponse.js';
import type { StatChunkRequest as _snix_castore_v1_StatChunkRequest, StatChunkRequest__Output as _snix_castore_v1_StatChunkRequest__Output } from '../../../snix/castore/v1/StatChunkRequest.js';
import type { StatChunkResponse as _snix_castore_v1_StatChunkResponse, StatChunkResponse__Output as _snix_castore_v1_StatChunkResponse__Output } from '../../../snix/castore/v1/StatChunkResponse.js';

export interface ChunkStoreServiceClient extends grpc.Client {
  GetChunk(argument: _snix_castore_v1_GetChunkRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_GetChunkResponse__Output>;
  GetChunk(argument: _snix_castore_v1_GetChunkRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_GetChunkResponse__Output>;
  getChunk(argument: _snix_castore_v1_GetChunkRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_GetChunkResponse__Output>;
  getChunk(argument: _snix_castore_v1_GetChunkRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_GetChunkResponse__Output>;
  
  PutChunk(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  PutChunk(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  PutChunk(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  PutChunk(callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  putChunk(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  putChunk(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  putChunk(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  putChunk(callback: grpc.requestCallback<_snix_castore_v1_PutChunkResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_PutChunkRequest>;
  
  StatChunk(argument: _snix_castore_v1_StatChunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  StatChunk(argument: _snix_castore_v1_StatChunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  StatChunk(argument: _snix_castore_v1_StatChunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  StatChunk(argument: _snix_castore_v1_StatChunkRequest, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  statChunk(argument: _snix_castore_v1_StatChunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  statChunk(argument: _snix_castore_v1_StatChunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  statChunk(argument: _snix_castore_v1_StatChunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  statChunk(argument: _snix_castore_v1_StatChunkRequest, callback: grpc.requestCallback<_snix_castore_v1_StatChunkResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ChunkStoreServiceHandlers extends grpc.UntypedServiceImplementation {
  GetChunk: grpc.handleServerStreamingCall<_snix_castore_v1_GetChunkRequest__Output, _snix_castore_v1_GetChunkResponse>;
  
  PutChunk: grpc.handleClientStreamingCall<_snix_castore_v1_PutChunkRequest__Output, _snix_castore_v1_PutChunkResponse>;
  
  StatChunk: grpc.handleUnaryCall<_snix_castore_v1_StatChunkRequest__Output, _snix_castore_v1_StatChunkResponse>;
  
}

export interface ChunkStoreServiceDefinition extends grpc.ServiceDefinition {
  GetChunk: MethodDefinition<_snix_castore_v1_GetChunkRequest, _snix_castore_v1_GetChunkResponse, _snix_castore_v1_GetChunkRequest__Output, _snix_castore_v1_GetChunkResponse__Output>
  PutChunk: MethodDefinition<_snix_castore_v1_PutChunkRequest, _snix_castore_v1_PutChunkResponse, _snix_castore_v1_PutChunkRequest__Output, _snix_castore_v1_PutChunkResponse__Output>
  StatChunk: MethodDefinition<_snix_castore_v1_StatChunkRequest, _snix_castore_v1_StatChunkResponse, _snix_castore_v1_StatChunkRequest__Output, _snix_castore_v1_StatChunkResponse__Output>
}
