// Original file: proto/snix/castore/protos/rpc_blobstore.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BSPutBlobResponse as _snix_castore_v1_BSPutBlobResponse, BSPutBlobResponse__Output as _snix_castore_v1_BSPutBlobResponse__Output } from '../../../snix/castore/v1/BSPutBlobResponse.js';
import type { BSStatBlobRequest as _snix_castore_v1_BSStatBlobRequest, BSStatBlobRequest__Output as _snix_castore_v1_BSStatBlobRequest__Output } from '../../../snix/castore/v1/BSStatBlobRequest.js';
import type { BSStatBlobResponse as _snix_castore_v1_BSStatBlobResponse, BSStatBlobResponse__Output as _snix_castore_v1_BSStatBlobResponse__Output } from '../../../snix/castore/v1/BSStatBlobResponse.js';
import type { GetBlobRequest as _snix_castore_v1_GetBlobRequest, GetBlobRequest__Output as _snix_castore_v1_GetBlobRequest__Output } from '../../../snix/castore/v1/GetBlobRequest.js';
import type { GetBlobResponse as _snix_castore_v1_GetBlobResponse, GetBlobResponse__Output as _snix_castore_v1_GetBlobResponse__Output } from '../../../snix/castore/v1/GetBlobResponse.js';
import type { PutBlobRequest as _snix_castore_v1_PutBlobRequest, PutBlobRequest__Output as _snix_castore_v1_PutBlobRequest__Output } from '../../../snix/castore/v1/PutBlobRequest.js';

export interface BlobStoreServiceClient extends grpc.Client {
  GetBlob(argument: _snix_castore_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _snix_castore_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _snix_castore_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  GetBlob(argument: _snix_castore_v1_GetBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _snix_castore_v1_GetBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _snix_castore_v1_GetBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _snix_castore_v1_GetBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  getBlob(argument: _snix_castore_v1_GetBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_GetBlobResponse__Output>): grpc.ClientUnaryCall;
  
  PutBlob(argument: _snix_castore_v1_PutBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  PutBlob(argument: _snix_castore_v1_PutBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  PutBlob(argument: _snix_castore_v1_PutBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  PutBlob(argument: _snix_castore_v1_PutBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  putBlob(argument: _snix_castore_v1_PutBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  putBlob(argument: _snix_castore_v1_PutBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  putBlob(argument: _snix_castore_v1_PutBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  putBlob(argument: _snix_castore_v1_PutBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_BSPutBlobResponse__Output>): grpc.ClientUnaryCall;
  
  StatBlob(argument: _snix_castore_v1_BSStatBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  StatBlob(argument: _snix_castore_v1_BSStatBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  StatBlob(argument: _snix_castore_v1_BSStatBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  StatBlob(argument: _snix_castore_v1_BSStatBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  statBlob(argument: _snix_castore_v1_BSStatBlobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  statBlob(argument: _snix_castore_v1_BSStatBlobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  statBlob(argument: _snix_castore_v1_BSStatBlobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  statBlob(argument: _snix_castore_v1_BSStatBlobRequest, callback: grpc.requestCallback<_snix_castore_v1_BSStatBlobResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface BlobStoreServiceHandlers extends grpc.UntypedServiceImplementation {
  GetBlob: grpc.handleUnaryCall<_snix_castore_v1_GetBlobRequest__Output, _snix_castore_v1_GetBlobResponse>;
  
  PutBlob: grpc.handleUnaryCall<_snix_castore_v1_PutBlobRequest__Output, _snix_castore_v1_BSPutBlobResponse>;
  
  StatBlob: grpc.handleUnaryCall<_snix_castore_v1_BSStatBlobRequest__Output, _snix_castore_v1_BSStatBlobResponse>;
  
}

export interface BlobStoreServiceDefinition extends grpc.ServiceDefinition {
  GetBlob: MethodDefinition<_snix_castore_v1_GetBlobRequest, _snix_castore_v1_GetBlobResponse, _snix_castore_v1_GetBlobRequest__Output, _snix_castore_v1_GetBlobResponse__Output>
  PutBlob: MethodDefinition<_snix_castore_v1_PutBlobRequest, _snix_castore_v1_BSPutBlobResponse, _snix_castore_v1_PutBlobRequest__Output, _snix_castore_v1_BSPutBlobResponse__Output>
  StatBlob: MethodDefinition<_snix_castore_v1_BSStatBlobRequest, _snix_castore_v1_BSStatBlobResponse, _snix_castore_v1_BSStatBlobRequest__Output, _snix_castore_v1_BSStatBlobResponse__Output>
}
