// Original file: proto/snix/castore/protos/rpc_blobservice.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BlobChunk as _snix_castore_v1_BlobChunk, BlobChunk__Output as _snix_castore_v1_BlobChunk__Output } from '../../../snix/castore/v1/BlobChunk.js';
import type { PutBlobResponse as _snix_castore_v1_PutBlobResponse, PutBlobResponse__Output as _snix_castore_v1_PutBlobResponse__Output } from '../../../snix/castore/v1/PutBlobResponse.js';
import type { ReadBlobRequest as _snix_castore_v1_ReadBlobRequest, ReadBlobRequest__Output as _snix_castore_v1_ReadBlobRequest__Output } from '../../../snix/castore/v1/ReadBlobRequest.js';
import type { StatBlobRequest as _snix_castore_v1_StatBlobRequest, StatBlobRequest__Output as _snix_castore_v1_StatBlobRequest__Output } from '../../../snix/castore/v1/StatBlobRequest.js';
import type { StatBlobResponse as _snix_castore_v1_StatBlobResponse, StatBlobResponse__Output as _snix_castore_v1_StatBlobResponse__Output } from '../../../snix/castore/v1/StatBlobResponse.js';

export interface BlobServiceClient extends grpc.Client {
  Put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  Put(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  Put(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  Put(callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  put(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  put(metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  put(options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  put(callback: grpc.requestCallback<_snix_castore_v1_PutBlobResponse__Output>): grpc.ClientWritableStream<_snix_castore_v1_BlobChunk>;
  
  Read(argument: _snix_castore_v1_ReadBlobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_BlobChunk__Output>;
  Read(argument: _snix_castore_v1_ReadBlobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_BlobChunk__Output>;
  read(argument: _snix_castore_v1_ReadBlobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_BlobChunk__Output>;
  read(argument: _snix_castore_v1_ReadBlobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_snix_castore_v1_BlobChunk__Output>;
  
  Stat(argument: _snix_castore_v1_StatBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  Stat(argument: _snix_castore_v1_StatBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  Stat(argument: _snix_castore_v1_StatBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  Stat(argument: _snix_castore_v1_StatBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  stat(argument: _snix_castore_v1_StatBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  stat(argument: _snix_castore_v1_StatBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  stat(argument: _snix_castore_v1_StatBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  stat(argument: _snix_castore_v1_StatBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_StatBlobResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface BlobServiceHandlers extends grpc.UntypedServiceImplementation {
  Put: grpc.handleClientStreamingCall<_snix_castore_v1_BlobChunk__Output, _snix_castore_v1_PutBlobResponse>;
  
  Read: grpc.handleServerStreamingCall<_snix_castore_v1_ReadBlobRequest__Output, _snix_castore_v1_BlobChunk>;
  
  Stat: grpc.handleUnaryCall<_snix_castore_v1_StatBlobRequest__Output, _snix_castore_v1_StatBlobResponse>;
  
}

export interface BlobServiceDefinition extends grpc.ServiceDefinition {
  Put: MethodDefinition<_snix_castore_v1_BlobChunk, _snix_castore_v1_PutBlobResponse, _snix_castore_v1_BlobChunk__Output, _snix_castore_v1_PutBlobResponse__Output>
  Read: MethodDefinition<_snix_castore_v1_ReadBlobRequest, _snix_castore_v1_BlobChunk, _snix_castore_v1_ReadBlobRequest__Output, _snix_castore_v1_BlobChunk__Output>
  Stat: MethodDefinition<_snix_castore_v1_StatBlobRequest, _snix_castore_v1_StatBlobResponse, _snix_castore_v1_StatBlobRequest__Output, _snix_castore_v1_StatBlobResponse__Output>
}
