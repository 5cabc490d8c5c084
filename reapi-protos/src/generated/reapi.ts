import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { FetchClient as _build_bazel_remote_asset_v1_FetchClient, FetchDefinition as _build_bazel_remote_asset_v1_FetchDefinition } from './build/bazel/remote/asset/v1/Fetch.js';
import type { FetchBlobRequest as _build_bazel_remote_asset_v1_FetchBlobRequest, FetchBlobRequest__Output as _build_bazel_remote_asset_v1_FetchBlobRequest__Output } from './build/bazel/remote/asset/v1/FetchBlobRequest.js';
import type { FetchBlobResponse as _build_bazel_remote_asset_v1_FetchBlobResponse, FetchBlobResponse__Output as _build_bazel_remote_asset_v1_FetchBlobResponse__Output } from './build/bazel/remote/asset/v1/FetchBlobResponse.js';
import type { FetchDirectoryRequest as _build_bazel_remote_asset_v1_FetchDirectoryRequest, FetchDirectoryRequest__Output as _build_bazel_remote_asset_v1_FetchDirectoryRequest__Output } from './build/bazel/remote/asset/v1/FetchDirectoryRequest.js';
import type { FetchDirectoryResponse as _build_bazel_remote_asset_v1_FetchDirectoryResponse, FetchDirectoryResponse__Output as _build_bazel_remote_asset_v1_FetchDirectoryResponse__Output } from './build/bazel/remote/asset/v1/FetchDirectoryResponse.js';
import type { PushClient as _build_bazel_remote_asset_v1_PushClient, PushDefinition as _build_bazel_remote_asset_v1_PushDefinition } from './build/bazel/remote/asset/v1/Push.js';
import type { PushBlobRequest as _build_bazel_remote_asset_v1_PushBlobRequest, PushBlobRequest__Output as _build_bazel_remote_asset_v1_PushBlobRequest__Output } from './build/bazel/remote/asset/v1/PushBlobRequest.js';
import type { PushBlobResponse as _build_bazel_remote_asset_v1_PushBlobResponse, PushBlobResponse__Output as _build_bazel_remote_asset_v1_PushBlobResponse__Output } from './build/bazel/remote/asset/v1/PushBlobResponse.js';
import type { PushDirectoryRequest as _build_bazel_remote_asset_v1_PushDirectoryRequest, PushDirectoryRequest__Output as _build_bazel_remote_asset_v1_PushDirectoryRequest__Output } from './build/bazel/remote/asset/v1/PushDirectoryRequest.js';
import type { PushDirectoryResponse as _build_bazel_remote_asset_v1_PushDirectoryResponse, PushDirectoryResponse__Output as _build_bazel_remote_asset_v1_PushDirectoryResponse__Output } from './build/bazel/remote/asset/v1/PushDirectoryResponse.js';
import type { Qualifier as _build_bazel_remote_asset_v1_Qualifier, Qualifier__Output as _build_bazel_remote_asset_v1_Qualifier__Output } from './build/bazel/remote/asset/v1/Qualifier.js';
import type { Action as _build_bazel_remote_execution_v2_Action, Action__Output as _build_bazel_remote_execution_v2_Action__Output } from './build/bazel/remote/execution/v2/Action.js';
import type { ActionCacheClient as _build_bazel_remote_execution_v2_ActionCacheClient, ActionCacheDefinition as _build_bazel_remote_execution_v2_ActionCacheDefinition } from './build/bazel/remote/execution/v2/ActionCache.js';
import type { ActionCacheUpdateCapabilities as _build_bazel_remote_execution_v2_ActionCacheUpdateCapabilities, ActionCacheUpdateCapabilities__Output as _build_bazel_remote_execution_v2_ActionCacheUpdateCapabilities__Output } from './build/bazel/remote/execution/v2/ActionCacheUpdateCapabilities.js';
import type { ActionResult as _build_bazel_remote_execution_v2_ActionResult, ActionResult__Output as _build_bazel_remote_execution_v2_ActionResult__Output } from './build/bazel/remote/execution/v2/ActionResult.js';
import type { BatchReadBlobsRequest as _build_bazel_remote_execution_v2_BatchReadBlobsRequest, BatchReadBlobsRequest__Output as _build_bazel_remote_execution_v2_BatchReadBlobsRequest__Output } from './build/bazel/remote/execution/v2/BatchReadBlobsRequest.js';
import type { BatchReadBlobsResponse as _build_bazel_remote_execution_v2_BatchReadBlobsResponse, BatchReadBlobsResponse__Output as _build_bazel_remote_execution_v2_BatchReadBlobsResponse__Output } from './build/bazel/remote/execution/v2/BatchReadBlobsResponse.js';
import type { BatchUpdateBlobsRequest as _build_bazel_remote_execution_v2_BatchUpdateBlobsRequest, BatchUpdateBlobsRequest__Output as _build_bazel_remote_execution_v2_BatchUpdateBlobsRequest__Output } from './build/bazel/remote/execution/v2/BatchUpdateBlobsRequest.js';
import type { BatchUpdateBlobsResponse as _build_bazel_remote_execution_v2_BatchUpdateBlobsResponse, BatchUpdateBlobsResponse__Output as _build_bazel_remote_execution_v2_BatchUpdateBlobsResponse__Output } from './build/bazel/remote/execution/v2/BatchUpdateBlobsResponse.js';
import type { CacheCapabilities as _build_bazel_remote_execution_v2_CacheCapabilities, CacheCapabilities__Output as _build_bazel_remote_execution_v2_CacheCapabilities__Output } from './build/bazel/remote/execution/v2/CacheCapabilities.js';
import type { CapabilitiesClient as _build_bazel_remote_execution_v2_CapabilitiesClient, CapabilitiesDefinition as _build_bazel_remote_execution_v2_CapabilitiesDefinition } from './build/bazel/remote/execution/v2/Capabilities.js';
import type { ChunkingFunction as _build_bazel_remote_execution_v2_ChunkingFunction, ChunkingFunction__Output as _build_bazel_remote_execution_v2_ChunkingFunction__Output } from './build/bazel/remote/execution/v2/ChunkingFunction.js';
import type { Command as _build_bazel_remote_execution_v2_Command, Command__Output as _build_bazel_remote_execution_v2_Command__Output } from './build/bazel/remote/execution/v2/Command.js';
import type { Compressor as _build_bazel_remote_execution_v2_Compressor, Compressor__Output as _build_bazel_remote_execution_v2_Compressor__Output } from './build/bazel/remote/execution/v2/Compressor.js';
import type { ContentAddressableStorageClient as _build_bazel_remote_execution_v2_ContentAddressableStorageClient, ContentAddressableStorageDefinition as _build_bazel_remote_execution_v2_ContentAddressableStorageDefinition } from './build/bazel/remote/execution/v2/ContentAddressableStorage.js';
import type { Digest as _build_bazel_remote_execution_v2_Digest, Digest__Output as _build_bazel_remote_execution_v2_Digest__Output } from './build/bazel/remote/execution/v2/Digest.js';
import type { DigestFunction as _build_bazel_remote_execution_v2_DigestFunction, DigestFunction__Output as _build_bazel_remote_execution_v2_DigestFunction__Output } from './build/bazel/remote/execution/v2/DigestFunction.js';
import type { Directory as _build_bazel_remote_execution_v2_Directory, Directory__Output as _build_bazel_remote_execution_v2_Directory__Output } from './build/bazel/remote/execution/v2/Directory.js';
import type { DirectoryNode as _build_bazel_remote_execution_v2_DirectoryNode, DirectoryNode__Output as _build_bazel_remote_execution_v2_DirectoryNode__Output } from './build/bazel/remote/execution/v2/DirectoryNode.js';
import type { ExecuteOperationMetadata as _build_bazel_remote_execution_v2_ExecuteOperationMetadata, ExecuteOperationMetadata__Output as _build_bazel_remote_execution_v2_ExecuteOperationMetadata__Output } from './build/bazel/remote/execution/v2/ExecuteOperationMetadata.js';
import type { ExecuteRequest as _build_bazel_remote_execution_v2_ExecuteRequest, ExecuteRequest__Output as _build_bazel_remote_execution_v2_ExecuteRequest__Output } from './build/bazel/remote/execution/v2/ExecuteRequest.js';
import type { ExecuteResponse as _build_bazel_remote_execution_v2_ExecuteResponse, ExecuteResponse__Output as _build_bazel_remote_execution_v2_ExecuteResponse__Output } from './build/bazel/remote/execution/v2/ExecuteResponse.js';
import type { ExecutedActionMetadata as _build_bazel_remote_execution_v2_ExecutedActionMetadata, ExecutedActionMetadata__Output as _build_bazel_remote_execution_v2_ExecutedActionMetadata__Output } from './build/bazel/remote/execution/v2/ExecutedActionMetadata.js';
import type { ExecutionClient as _build_bazel_remote_execution_v2_ExecutionClient, ExecutionDefinition as _build_bazel_remote_execution_v2_ExecutionDefinition } from './build/bazel/remote/execution/v2/Execution.js';
import type { ExecutionCapabilities as _build_bazel_remote_execution_v2_ExecutionCapabilities, ExecutionCapabilities__Output as _build_bazel_remote_execution_v2_ExecutionCapabilities__Output } from './build/bazel/remote/execution/v2/ExecutionCapabilities.js';
import type { ExecutionPolicy as _build_bazel_remote_execution_v2_ExecutionPolicy, ExecutionPolicy__Output as _build_bazel_remote_execution_v2_ExecutionPolicy__Output } from './build/bazel/remote/execution/v2/ExecutionPolicy.js';
import type { ExecutionStage as _build_bazel_remote_execution_v2_ExecutionStage, ExecutionStage__Output as _build_bazel_remote_execution_v2_ExecutionStage__Output } from './build/bazel/remote/execution/v2/ExecutionStage.js';
import type { FastCdc2020Params as _build_bazel_remote_execution_v2_FastCdc2020Params, FastCdc2020Params__Output as _build_bazel_remote_execution_v2_FastCdc2020Params__Output } from './build/bazel/remote/execution/v2/FastCdc2020Params.js';
import type { FileNode as _build_bazel_remote_execution_v2_FileNode, FileNode__Output as _build_bazel_remote_execution_v2_FileNode__Output } from './build/bazel/remote/execution/v2/FileNode.js';
import type { FindMissingBlobsRequest as _build_bazel_remote_execution_v2_FindMissingBlobsRequest, FindMissingBlobsRequest__Output as _build_bazel_remote_execution_v2_FindMissingBlobsRequest__Output } from './build/bazel/remote/execution/v2/FindMissingBlobsRequest.js';
import type { FindMissingBlobsResponse as _build_bazel_remote_execution_v2_FindMissingBlobsResponse, FindMissingBlobsResponse__Output as _build_bazel_remote_execution_v2_FindMissingBlobsResponse__Output } from './build/bazel/remote/execution/v2/FindMissingBlobsResponse.js';
import type { GetActionResultRequest as _build_bazel_remote_execution_v2_GetActionResultRequest, GetActionResultRequest__Output as _build_bazel_remote_execution_v2_GetActionResultRequest__Output } from './build/bazel/remote/execution/v2/GetActionResultRequest.js';
import type { GetCapabilitiesRequest as _build_bazel_remote_execution_v2_GetCapabilitiesRequest, GetCapabilitiesRequest__Output as _build_bazel_remote_execution_v2_GetCapabilitiesRequest__Output } from './build/bazel/remote/execution/v2/GetCapabilitiesRequest.js';
import type { GetChunkMappingRequest as _build_bazel_remote_execution_v2_GetChunkMappingRequest, GetChunkMappingRequest__Output as _build_bazel_remote_execution_v2_GetChunkMappingRequest__Output } from './build/bazel/remote/execution/v2/GetChunkMappingRequest.js';
import type { GetChunkMappingResponse as _build_bazel_remote_execution_v2_GetChunkMappingResponse, GetChunkMappingResponse__Output as _build_bazel_remote_execution_v2_GetChunkMappingResponse__Output } from './build/bazel/remote/execution/v2/GetChunkMappingResponse.js';
import type { GetTreeRequest as _build_bazel_remote_execution_v2_GetTreeRequest, GetTreeRequest__Output as _build_bazel_remote_execution_v2_GetTreeRequest__Output } from './build/bazel/remote/execution/v2/GetTreeRequest.js';
import type { GetTreeResponse as _build_bazel_remote_execution_v2_GetTreeResponse, GetTreeResponse__Output as _build_bazel_remote_execution_v2_GetTreeResponse__Output } from './build/bazel/remote/execution/v2/GetTreeResponse.js';
import type { LogFile as _build_bazel_remote_execution_v2_LogFile, LogFile__Output as _build_bazel_remote_execution_v2_LogFile__Output } from './build/bazel/remote/execution/v2/LogFile.js';
import type { NodeProperties as _build_bazel_remote_execution_v2_NodeProperties, NodeProperties__Output as _build_bazel_remote_execution_v2_NodeProperties__Output } from './build/bazel/remote/execution/v2/NodeProperties.js';
import type { NodeProperty as _build_bazel_remote_execution_v2_NodeProperty, NodeProperty__Output as _build_bazel_remote_execution_v2_NodeProperty__Output } from './build/bazel/remote/execution/v2/NodeProperty.js';
import type { OutputDirectory as _build_bazel_remote_execution_v2_OutputDirectory, OutputDirectory__Output as _build_bazel_remote_execution_v2_OutputDirectory__Output } from './build/bazel/remote/execution/v2/OutputDirectory.js';
import type { OutputFile as _build_bazel_remote_execution_v2_OutputFile, OutputFile__Output as _build_bazel_remote_execution_v2_OutputFile__Output } from './build/bazel/remote/execution/v2/OutputFile.js';
import type { OutputSymlink as _build_bazel_remote_execution_v2_OutputSymlink, OutputSymlink__Output as _build_bazel_remote_execution_v2_OutputSymlink__Output } from './build/bazel/remote/execution/v2/OutputSymlink.js';
import type { Platform as _build_bazel_remote_execution_v2_Platform, Platform__Output as _build_bazel_remote_execution_v2_Platform__Output } from './build/bazel/remote/execution/v2/Platform.js';
import type { PriorityCapabilities as _build_bazel_remote_execution_v2_PriorityCapabilities, PriorityCapabilities__Output as _build_bazel_remote_execution_v2_PriorityCapabilities__Output } from './build/bazel/remote/execution/v2/PriorityCapabilities.js';
import type { RegisterChunkMappingRequest as _build_bazel_remote_execution_v2_RegisterChunkMappingRequest, RegisterChunkMappingRequest__Output as _build_bazel_remote_execution_v2_RegisterChunkMappingRequest__Output } from './build/bazel/remote/execution/v2/RegisterChunkMappingRequest.js';
import type { RegisterChunkMappingResponse as _build_bazel_remote_execution_v2_RegisterChunkMappingResponse, RegisterChunkMappingResponse__Output as _build_bazel_remote_execution_v2_RegisterChunkMappingResponse__Output } from './build/bazel/remote/execution/v2/RegisterChunkMappingResponse.js';
import type { RepMaxCdcParams as _build_bazel_remote_execution_v2_RepMaxCdcParams, RepMaxCdcParams__Output as _build_bazel_remote_execution_v2_RepMaxCdcParams__Output } from './build/bazel/remote/execution/v2/RepMaxCdcParams.js';
import type { RequestMetadata as _build_bazel_remote_execution_v2_RequestMetadata, RequestMetadata__Output as _build_bazel_remote_execution_v2_RequestMetadata__Output } from './build/bazel/remote/execution/v2/RequestMetadata.js';
import type { ResultsCachePolicy as _build_bazel_remote_execution_v2_ResultsCachePolicy, ResultsCachePolicy__Output as _build_bazel_remote_execution_v2_ResultsCachePolicy__Output } from './build/bazel/remote/execution/v2/ResultsCachePolicy.js';
import type { ServerCapabilities as _build_bazel_remote_execution_v2_ServerCapabilities, ServerCapabilities__Output as _build_bazel_remote_execution_v2_ServerCapabilities__Output } from './build/bazel/remote/execution/v2/ServerCapabilities.js';
import type { SpliceBlobRequest as _build_bazel_remote_execution_v2_SpliceBlobRequest, SpliceBlobRequest__Output as _build_bazel_remote_execution_v2_SpliceBlobRequest__Output } from './build/bazel/remote/execution/v2/SpliceBlobRequest.js';
import type { SpliceBlobResponse as _build_bazel_remote_execution_v2_SpliceBlobResponse, SpliceBlobResponse__Output as _build_bazel_remote_execution_v2_SpliceBlobResponse__Output } from './build/bazel/remote/execution/v2/SpliceBlobResponse.js';
import type { SplitBlobRequest as _build_bazel_remote_execution_v2_SplitBlobRequest, SplitBlobRequest__Output as _build_bazel_remote_execution_v2_SplitBlobRequest__Output } from './build/bazel/remote/execution/v2/SplitBlobRequest.js';
import type { SplitBlobResponse as _build_bazel_remote_execution_v2_SplitBlobResponse, SplitBlobResponse__Output as _build_bazel_remote_execution_v2_SplitBlobResponse__Output } from './build/bazel/remote/execution/v2/SplitBlobResponse.js';
import type { SymlinkAbsolutePathStrategy as _build_bazel_remote_execution_v2_SymlinkAbsolutePathStrategy, SymlinkAbsolutePathStrategy__Output as _build_bazel_remote_execution_v2_SymlinkAbsolutePathStrategy__Output } from './build/bazel/remote/execution/v2/SymlinkAbsolutePathStrategy.js';
import type { SymlinkNode as _build_bazel_remote_execution_v2_SymlinkNode, SymlinkNode__Output as _build_bazel_remote_execution_v2_SymlinkNode__Output } from './build/bazel/remote/execution/v2/SymlinkNode.js';
import type { ToolDetails as _build_bazel_remote_execution_v2_ToolDetails, ToolDetails__Output as _build_bazel_remote_execution_v2_ToolDetails__Output } from './build/bazel/remote/execution/v2/ToolDetails.js';
import type { Tree as _build_bazel_remote_execution_v2_Tree, Tree__Output as _build_bazel_remote_execution_v2_Tree__Output } from './build/bazel/remote/execution/v2/Tree.js';
import type { UpdateActionResultRequest as _build_bazel_remote_execution_v2_UpdateActionResultRequest, UpdateActionResultRequest__Output as _build_bazel_remote_execution_v2_UpdateActionResultRequest__Output } from './build/bazel/remote/execution/v2/UpdateActionResultRequest.js';
import type { WaitExecutionRequest as _build_bazel_remote_execution_v2_WaitExecutionRequest, WaitExecutionRequest__Output as _build_bazel_remote_execution_v2_WaitExecutionRequest__Output } from './build/bazel/remote/execution/v2/WaitExecutionRequest.js';
import type { CreateLogStreamRequest as _build_bazel_remote_logstream_v1_CreateLogStreamRequest, CreateLogStreamRequest__Output as _build_bazel_remote_logstream_v1_CreateLogStreamRequest__Output } from './build/bazel/remote/logstream/v1/CreateLogStreamRequest.js';
import type { LogStream as _build_bazel_remote_logstream_v1_LogStream, LogStream__Output as _build_bazel_remote_logstream_v1_LogStream__Output } from './build/bazel/remote/logstream/v1/LogStream.js';
import type { LogStreamServiceClient as _build_bazel_remote_logstream_v1_LogStreamServiceClient, LogStreamServiceDefinition as _build_bazel_remote_logstream_v1_LogStreamServiceDefinition } from './build/bazel/remote/logstream/v1/LogStreamService.js';
import type { SemVer as _build_bazel_semver_SemVer, SemVer__Output as _build_bazel_semver_SemVer__Output } from './build/bazel/semver/SemVer.js';
import type { ByteStreamClient as _google_bytestream_ByteStreamClient, ByteStreamDefinition as _google_bytestream_ByteStreamDefinition } from './google/bytestream/ByteStream.js';
import type { QueryWriteStatusRequest as _google_bytestream_QueryWriteStatusRequest, QueryWriteStatusRequest__Output as _google_bytestream_QueryWriteStatusRequest__Output } from './google/bytestream/QueryWriteStatusRequest.js';
import type { QueryWriteStatusResponse as _google_bytestream_QueryWriteStatusResponse, QueryWriteStatusResponse__Output as _google_bytestream_QueryWriteStatusResponse__Output } from './google/bytestream/QueryWriteStatusResponse.js';
import type { ReadRequest as _google_bytestream_ReadRequest, ReadRequest__Output as _google_bytestream_ReadRequest__Output } from './google/bytestream/ReadRequest.js';
import type { ReadResponse as _google_bytestream_ReadResponse, ReadResponse__Output as _google_bytestream_ReadResponse__Output } from './google/bytestream/ReadResponse.js';
import type { WriteRequest as _google_bytestream_WriteRequest, WriteRequest__Output as _google_bytestream_WriteRequest__Output } from './google/bytestream/WriteRequest.js';
import type { WriteResponse as _google_bytestream_WriteResponse, WriteResponse__Output as _google_bytestream_WriteResponse__Output } from './google/bytestream/WriteResponse.js';
import type { CancelOperationRequest as _google_longrunning_CancelOperationRequest, CancelOperationRequest__Output as _google_longrunning_CancelOperationRequest__Output } from './google/longrunning/CancelOperationRequest.js';
import type { DeleteOperationRequest as _google_longrunning_DeleteOperationRequest, DeleteOperationRequest__Output as _google_longrunning_DeleteOperationRequest__Output } from './google/longrunning/DeleteOperationRequest.js';
import type { GetOperationRequest as _google_longrunning_GetOperationRequest, GetOperationRequest__Output as _google_longrunning_GetOperationRequest__Output } from './google/longrunning/GetOperationRequest.js';
import type { ListOperationsRequest as _google_longrunning_ListOperationsRequest, ListOperationsRequest__Output as _google_longrunning_ListOperationsRequest__Output } from './google/longrunning/ListOperationsRequest.js';
import type { ListOperationsResponse as _google_longrunning_ListOperationsResponse, ListOperationsResponse__Output as _google_longrunning_ListOperationsResponse__Output } from './google/longrunning/ListOperationsResponse.js';
import type { Operation as _google_longrunning_Operation, Operation__Output as _google_longrunning_Operation__Output } from './google/longrunning/Operation.js';
import type { OperationInfo as _google_longrunning_OperationInfo, OperationInfo__Output as _google_longrunning_OperationInfo__Output } from './google/longrunning/OperationInfo.js';
import type { OperationsClient as _google_longrunning_OperationsClient, OperationsDefinition as _google_longrunning_OperationsDefinition } from './google/longrunning/Operations.js';
import type { WaitOperationRequest as _google_longrunning_WaitOperationRequest, WaitOperationRequest__Output as _google_longrunning_WaitOperationRequest__Output } from './google/longrunning/WaitOperationRequest.js';
import type { Any as _google_protobuf_Any, Any__Output as _google_protobuf_Any__Output } from './google/protobuf/Any.js';
import type { BoolValue as _google_protobuf_BoolValue, BoolValue__Output as _google_protobuf_BoolValue__Output } from './google/protobuf/BoolValue.js';
import type { BytesValue as _google_protobuf_BytesValue, BytesValue__Output as _google_protobuf_BytesValue__Output } from './google/protobuf/BytesValue.js';
import type { DoubleValue as _google_protobuf_DoubleValue, DoubleValue__Output as _google_protobuf_DoubleValue__Output } from './google/protobuf/DoubleValue.js';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.js';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from './google/protobuf/Empty.js';
import type { FloatValue as _google_protobuf_FloatValue, FloatValue__Output as _google_protobuf_FloatValue__Output } from './google/protobuf/FloatValue.js';
import type { Int32Value as _google_protobuf_Int32Value, Int32Value__Output as _google_protobuf_Int32Value__Output } from './google/protobuf/Int32Value.js';
import type { Int64Value as _google_protobuf_Int64Value, Int64Value__Output as _google_protobuf_Int64Value__Output } from './google/protobuf/Int64Value.js';
import type { StringValue as _google_protobuf_StringValue, StringValue__Output as _google_protobuf_StringValue__Output } from './google/protobuf/StringValue.js';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from './google/protobuf/UInt32Value.js';
import type { UInt64Value as _google_protobuf_UInt64Value, UInt64Value__Output as _google_protobuf_UInt64Value__Output } from './google/protobuf/UInt64Value.js';
import type { BadRequest as _google_rpc_BadRequest, BadRequest__Output as _google_rpc_BadRequest__Output } from './google/rpc/BadRequest.js';
import type { DebugInfo as _google_rpc_DebugInfo, DebugInfo__Output as _google_rpc_DebugInfo__Output } from './google/rpc/DebugInfo.js';
import type { ErrorInfo as _google_rpc_ErrorInfo, ErrorInfo__Output as _google_rpc_ErrorInfo__Output } from './google/rpc/ErrorInfo.js';
import type { Help as _google_rpc_Help, Help__Output as _google_rpc_Help__Output } from './google/rpc/Help.js';
import type { LocalizedMessage as _google_rpc_LocalizedMessage, LocalizedMessage__Output as _google_rpc_LocalizedMessage__Output } from './google/rpc/LocalizedMessage.js';
import type { PreconditionFailure as _google_rpc_PreconditionFailure, PreconditionFailure__Output as _google_rpc_PreconditionFailure__Output } from './google/rpc/PreconditionFailure.js';
import type { QuotaFailure as _google_rpc_QuotaFailure, QuotaFailure__Output as _google_rpc_QuotaFailure__Output } from './google/rpc/QuotaFailure.js';
import type { RequestInfo as _google_rpc_RequestInfo, RequestInfo__Output as _google_rpc_RequestInfo__Output } from './google/rpc/RequestInfo.js';
import type { ResourceInfo as _google_rpc_ResourceInfo, ResourceInfo__Output as _google_rpc_ResourceInfo__Output } from './google/rpc/ResourceInfo.js';
import type { RetryInfo as _google_rpc_RetryInfo, RetryInfo__Output as _google_rpc_RetryInfo__Output } from './google/rpc/RetryInfo.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from './google/rpc/Status.js';
import type { HealthClient as _grpc_health_v1_HealthClient, HealthDefinition as _grpc_health_v1_HealthDefinition } from './grpc/health/v1/Health.js';
import type { HealthCheckRequest as _grpc_health_v1_HealthCheckRequest, HealthCheckRequest__Output as _grpc_health_v1_HealthCheckRequest__Output } from './grpc/health/v1/HealthCheckRequest.js';
import type { HealthCheckResponse as _grpc_health_v1_HealthCheckResponse, HealthCheckResponse__Output as _grpc_health_v1_HealthCheckResponse__Output } from './grpc/health/v1/HealthCheckResponse.js';
import type { HealthListRequest as _grpc_health_v1_HealthListRequest, HealthListRequest__Output as _grpc_health_v1_HealthListRequest__Output } from './grpc/health/v1/HealthListRequest.js';
import type { HealthListResponse as _grpc_health_v1_HealthListResponse, HealthListResponse__Output as _grpc_health_v1_HealthListResponse__Output } from './grpc/health/v1/HealthListResponse.js';
import type { ErrorResponse as _grpc_reflection_v1_ErrorResponse, ErrorResponse__Output as _grpc_reflection_v1_ErrorResponse__Output } from './grpc/reflection/v1/ErrorResponse.js';
import type { ExtensionNumberResponse as _grpc_reflection_v1_ExtensionNumberResponse, ExtensionNumberResponse__Output as _grpc_reflection_v1_ExtensionNumberResponse__Output } from './grpc/reflection/v1/ExtensionNumberResponse.js';
import type { ExtensionRequest as _grpc_reflection_v1_ExtensionRequest, ExtensionRequest__Output as _grpc_reflection_v1_ExtensionRequest__Output } from './grpc/reflection/v1/ExtensionRequest.js';
import type { FileDescriptorResponse as _grpc_reflection_v1_FileDescriptorResponse, FileDescriptorResponse__Output as _grpc_reflection_v1_FileDescriptorResponse__Output } from './grpc/reflection/v1/FileDescriptorResponse.js';
import type { ListServiceResponse as _grpc_reflection_v1_ListServiceResponse, ListServiceResponse__Output as _grpc_reflection_v1_ListServiceResponse__Output } from './grpc/reflection/v1/ListServiceResponse.js';
import type { ServerReflectionClient as _grpc_reflection_v1_ServerReflectionClient, ServerReflectionDefinition as _grpc_reflection_v1_ServerReflectionDefinition } from './grpc/reflection/v1/ServerReflection.js';
import type { ServerReflectionRequest as _grpc_reflection_v1_ServerReflectionRequest, ServerReflectionRequest__Output as _grpc_reflection_v1_ServerReflectionRequest__Output } from './grpc/reflection/v1/ServerReflectionRequest.js';
import type { ServerReflectionResponse as _grpc_reflection_v1_ServerReflectionResponse, ServerReflectionResponse__Output as _grpc_reflection_v1_ServerReflectionResponse__Output } from './grpc/reflection/v1/ServerReflectionResponse.js';
import type { ServiceResponse as _grpc_reflection_v1_ServiceResponse, ServiceResponse__Output as _grpc_reflection_v1_ServiceResponse__Output } from './grpc/reflection/v1/ServiceResponse.js';
import type { ErrorResponse as _grpc_reflection_v1alpha_ErrorResponse, ErrorResponse__Output as _grpc_reflection_v1alpha_ErrorResponse__Output } from './grpc/reflection/v1alpha/ErrorResponse.js';
import type { ExtensionNumberResponse as _grpc_reflection_v1alpha_ExtensionNumberResponse, ExtensionNumberResponse__Output as _grpc_reflection_v1alpha_ExtensionNumberResponse__Output } from './grpc/reflection/v1alpha/ExtensionNumberResponse.js';
import type { ExtensionRequest as _grpc_reflection_v1alpha_ExtensionRequest, ExtensionRequest__Output as _grpc_reflection_v1alpha_ExtensionRequest__Output } from './grpc/reflection/v1alpha/ExtensionRequest.js';
import type { FileDescriptorResponse as _grpc_reflection_v1alpha_FileDescriptorResponse, FileDescriptorResponse__Output as _grpc_reflection_v1alpha_FileDescriptorResponse__Output } from './grpc/reflection/v1alpha/FileDescriptorResponse.js';
import type { ListServiceResponse as _grpc_reflection_v1alpha_ListServiceResponse, ListServiceResponse__Output as _grpc_reflection_v1alpha_ListServiceResponse__Output } from './grpc/reflection/v1alpha/ListServiceResponse.js';
import type { ServerReflectionClient as _grpc_reflection_v1alpha_ServerReflectionClient, ServerReflectionDefinition as _grpc_reflection_v1alpha_ServerReflectionDefinition } from './grpc/reflection/v1alpha/ServerReflection.js';
import type { ServerReflectionRequest as _grpc_reflection_v1alpha_ServerReflectionRequest, ServerReflectionRequest__Output as _grpc_reflection_v1alpha_ServerReflectionRequest__Output } from './grpc/reflection/v1alpha/ServerReflectionRequest.js';
import type { ServerReflectionResponse as _grpc_reflection_v1alpha_ServerReflectionResponse, ServerReflectionResponse__Output as _grpc_reflection_v1alpha_ServerReflectionResponse__Output } from './grpc/reflection/v1alpha/ServerReflectionResponse.js';
import type { ServiceResponse as _grpc_reflection_v1alpha_ServiceResponse, ServiceResponse__Output as _grpc_reflection_v1alpha_ServiceResponse__Output } from './grpc/reflection/v1alpha/ServiceResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  build: {
    bazel: {
      remote: {
        asset: {
          v1: {
            Fetch: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_asset_v1_FetchClient> & { service: _build_bazel_remote_asset_v1_FetchDefinition }
            FetchBlobRequest: MessageTypeDefinition<_build_bazel_remote_asset_v1_FetchBlobRequest, _build_bazel_remote_asset_v1_FetchBlobRequest__Output>
            FetchBlobResponse: MessageTypeDefinition<_build_bazel_remote_asset_v1_FetchBlobResponse, _build_bazel_remote_asset_v1_FetchBlobResponse__Output>
            FetchDirectoryRequest: MessageTypeDefinition<_build_bazel_remote_asset_v1_FetchDirectoryRequest, _build_bazel_remote_asset_v1_FetchDirectoryRequest__Output>
            FetchDirectoryResponse: MessageTypeDefinition<_build_bazel_remote_asset_v1_FetchDirectoryResponse, _build_bazel_remote_asset_v1_FetchDirectoryResponse__Output>
            Push: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_asset_v1_PushClient> & { service: _build_bazel_remote_asset_v1_PushDefinition }
            PushBlobRequest: MessageTypeDefinition<_build_bazel_remote_asset_v1_PushBlobRequest, _build_bazel_remote_asset_v1_PushBlobRequest__Output>
            PushBlobResponse: MessageTypeDefinition<_build_bazel_remote_asset_v1_PushBlobResponse, _build_bazel_remote_asset_v1_PushBlobResponse__Output>
            PushDirectoryRequest: MessageTypeDefinition<_build_bazel_remote_asset_v1_PushDirectoryRequest, _build_bazel_remote_asset_v1_PushDirectoryRequest__Output>
            PushDirectoryResponse: MessageTypeDefinition<_build_bazel_remote_asset_v1_PushDirectoryResponse, _build_bazel_remote_asset_v1_PushDirectoryResponse__Output>
            Qualifier: MessageTypeDefinition<_build_bazel_remote_asset_v1_Qualifier, _build_bazel_remote_asset_v1_Qualifier__Output>
          }
        }
        execution: {
          v2: {
            Action: MessageTypeDefinition<_build_bazel_remote_execution_v2_Action, _build_bazel_remote_execution_v2_Action__Output>
            ActionCache: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_execution_v2_ActionCacheClient> & { service: _build_bazel_remote_execution_v2_ActionCacheDefinition }
            ActionCacheUpdateCapabilities: MessageTypeDefinition<_build_bazel_remote_execution_v2_ActionCacheUpdateCapabilities, _build_bazel_remote_execution_v2_ActionCacheUpdateCapabilities__Output>
            ActionResult: MessageTypeDefinition<_build_bazel_remote_execution_v2_ActionResult, _build_bazel_remote_execution_v2_ActionResult__Output>
            BatchReadBlobsRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_BatchReadBlobsRequest, _build_bazel_remote_execution_v2_BatchReadBlobsRequest__Output>
            BatchReadBlobsResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_BatchReadBlobsResponse, _build_bazel_remote_execution_v2_BatchReadBlobsResponse__Output>
            BatchUpdateBlobsRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_BatchUpdateBlobsRequest, _build_bazel_remote_execution_v2_BatchUpdateBlobsRequest__Output>
            BatchUpdateBlobsResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_BatchUpdateBlobsResponse, _build_bazel_remote_execution_v2_BatchUpdateBlobsResponse__Output>
            CacheCapabilities: MessageTypeDefinition<_build_bazel_remote_execution_v2_CacheCapabilities, _build_bazel_remote_execution_v2_CacheCapabilities__Output>
            Capabilities: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_execution_v2_CapabilitiesClient> & { service: _build_bazel_remote_execution_v2_CapabilitiesDefinition }
            ChunkingFunction: MessageTypeDefinition<_build_bazel_remote_execution_v2_ChunkingFunction, _build_bazel_remote_execution_v2_ChunkingFunction__Output>
            Command: MessageTypeDefinition<_build_bazel_remote_execution_v2_Command, _build_bazel_remote_execution_v2_Command__Output>
            Compressor: MessageTypeDefinition<_build_bazel_remote_execution_v2_Compressor, _build_bazel_remote_execution_v2_Compressor__Output>
            ContentAddressableStorage: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_execution_v2_ContentAddressableStorageClient> & { service: _build_bazel_remote_execution_v2_ContentAddressableStorageDefinition }
            Digest: MessageTypeDefinition<_build_bazel_remote_execution_v2_Digest, _build_bazel_remote_execution_v2_Digest__Output>
            DigestFunction: MessageTypeDefinition<_build_bazel_remote_execution_v2_DigestFunction, _build_bazel_remote_execution_v2_DigestFunction__Output>
            Directory: MessageTypeDefinition<_build_bazel_remote_execution_v2_Directory, _build_bazel_remote_execution_v2_Directory__Output>
            DirectoryNode: MessageTypeDefinition<_build_bazel_remote_execution_v2_DirectoryNode, _build_bazel_remote_execution_v2_DirectoryNode__Output>
            ExecuteOperationMetadata: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecuteOperationMetadata, _build_bazel_remote_execution_v2_ExecuteOperationMetadata__Output>
            ExecuteRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecuteRequest, _build_bazel_remote_execution_v2_ExecuteRequest__Output>
            ExecuteResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecuteResponse, _build_bazel_remote_execution_v2_ExecuteResponse__Output>
            ExecutedActionMetadata: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecutedActionMetadata, _build_bazel_remote_execution_v2_ExecutedActionMetadata__Output>
            Execution: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_execution_v2_ExecutionClient> & { service: _build_bazel_remote_execution_v2_ExecutionDefinition }
            ExecutionCapabilities: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecutionCapabilities, _build_bazel_remote_execution_v2_ExecutionCapabilities__Output>
            ExecutionPolicy: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecutionPolicy, _build_bazel_remote_execution_v2_ExecutionPolicy__Output>
            ExecutionStage: MessageTypeDefinition<_build_bazel_remote_execution_v2_ExecutionStage, _build_bazel_remote_execution_v2_ExecutionStage__Output>
            FastCdc2020Params: MessageTypeDefinition<_build_bazel_remote_execution_v2_FastCdc2020Params, _build_bazel_remote_execution_v2_FastCdc2020Params__Output>
            FileNode: MessageTypeDefinition<_build_bazel_remote_execution_v2_FileNode, _build_bazel_remote_execution_v2_FileNode__Output>
            FindMissingBlobsRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_FindMissingBlobsRequest, _build_bazel_remote_execution_v2_FindMissingBlobsRequest__Output>
            FindMissingBlobsResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_FindMissingBlobsResponse, _build_bazel_remote_execution_v2_FindMissingBlobsResponse__Output>
            GetActionResultRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetActionResultRequest, _build_bazel_remote_execution_v2_GetActionResultRequest__Output>
            GetCapabilitiesRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetCapabilitiesRequest, _build_bazel_remote_execution_v2_GetCapabilitiesRequest__Output>
            GetChunkMappingRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetChunkMappingRequest, _build_bazel_remote_execution_v2_GetChunkMappingRequest__Output>
            GetChunkMappingResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetChunkMappingResponse, _build_bazel_remote_execution_v2_GetChunkMappingResponse__Output>
            GetTreeRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetTreeRequest, _build_bazel_remote_execution_v2_GetTreeRequest__Output>
            GetTreeResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_GetTreeResponse, _build_bazel_remote_execution_v2_GetTreeResponse__Output>
            LogFile: MessageTypeDefinition<_build_bazel_remote_execution_v2_LogFile, _build_bazel_remote_execution_v2_LogFile__Output>
            NodeProperties: MessageTypeDefinition<_build_bazel_remote_execution_v2_NodeProperties, _build_bazel_remote_execution_v2_NodeProperties__Output>
            NodeProperty: MessageTypeDefinition<_build_bazel_remote_execution_v2_NodeProperty, _build_bazel_remote_execution_v2_NodeProperty__Output>
            OutputDirectory: MessageTypeDefinition<_build_bazel_remote_execution_v2_OutputDirectory, _build_bazel_remote_execution_v2_OutputDirectory__Output>
            OutputFile: MessageTypeDefinition<_build_bazel_remote_execution_v2_OutputFile, _build_bazel_remote_execution_v2_OutputFile__Output>
            OutputSymlink: MessageTypeDefinition<_build_bazel_remote_execution_v2_OutputSymlink, _build_bazel_remote_execution_v2_OutputSymlink__Output>
            Platform: MessageTypeDefinition<_build_bazel_remote_execution_v2_Platform, _build_bazel_remote_execution_v2_Platform__Output>
            PriorityCapabilities: MessageTypeDefinition<_build_bazel_remote_execution_v2_PriorityCapabilities, _build_bazel_remote_execution_v2_PriorityCapabilities__Output>
            RegisterChunkMappingRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_RegisterChunkMappingRequest, _build_bazel_remote_execution_v2_RegisterChunkMappingRequest__Output>
            RegisterChunkMappingResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_RegisterChunkMappingResponse, _build_bazel_remote_execution_v2_RegisterChunkMappingResponse__Output>
            RepMaxCdcParams: MessageTypeDefinition<_build_bazel_remote_execution_v2_RepMaxCdcParams, _build_bazel_remote_execution_v2_RepMaxCdcParams__Output>
            RequestMetadata: MessageTypeDefinition<_build_bazel_remote_execution_v2_RequestMetadata, _build_bazel_remote_execution_v2_RequestMetadata__Output>
            ResultsCachePolicy: MessageTypeDefinition<_build_bazel_remote_execution_v2_ResultsCachePolicy, _build_bazel_remote_execution_v2_ResultsCachePolicy__Output>
            ServerCapabilities: MessageTypeDefinition<_build_bazel_remote_execution_v2_ServerCapabilities, _build_bazel_remote_execution_v2_ServerCapabilities__Output>
            SpliceBlobRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_SpliceBlobRequest, _build_bazel_remote_execution_v2_SpliceBlobRequest__Output>
            SpliceBlobResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_SpliceBlobResponse, _build_bazel_remote_execution_v2_SpliceBlobResponse__Output>
            SplitBlobRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_SplitBlobRequest, _build_bazel_remote_execution_v2_SplitBlobRequest__Output>
            SplitBlobResponse: MessageTypeDefinition<_build_bazel_remote_execution_v2_SplitBlobResponse, _build_bazel_remote_execution_v2_SplitBlobResponse__Output>
            SymlinkAbsolutePathStrategy: MessageTypeDefinition<_build_bazel_remote_execution_v2_SymlinkAbsolutePathStrategy, _build_bazel_remote_execution_v2_SymlinkAbsolutePathStrategy__Output>
            SymlinkNode: MessageTypeDefinition<_build_bazel_remote_execution_v2_SymlinkNode, _build_bazel_remote_execution_v2_SymlinkNode__Output>
            ToolDetails: MessageTypeDefinition<_build_bazel_remote_execution_v2_ToolDetails, _build_bazel_remote_execution_v2_ToolDetails__Output>
            Tree: MessageTypeDefinition<_build_bazel_remote_execution_v2_Tree, _build_bazel_remote_execution_v2_Tree__Output>
            UpdateActionResultRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_UpdateActionResultRequest, _build_bazel_remote_execution_v2_UpdateActionResultRequest__Output>
            WaitExecutionRequest: MessageTypeDefinition<_build_bazel_remote_execution_v2_WaitExecutionRequest, _build_bazel_remote_execution_v2_WaitExecutionRequest__Output>
          }
        }
        logstream: {
          v1: {
            CreateLogStreamRequest: MessageTypeDefinition<_build_bazel_remote_logstream_v1_CreateLogStreamRequest, _build_bazel_remote_logstream_v1_CreateLogStreamRequest__Output>
            LogStream: MessageTypeDefinition<_build_bazel_remote_logstream_v1_LogStream, _build_bazel_remote_logstream_v1_LogStream__Output>
            LogStreamService: SubtypeConstructor<typeof grpc.Client, _build_bazel_remote_logstream_v1_LogStreamServiceClient> & { service: _build_bazel_remote_logstream_v1_LogStreamServiceDefinition }
          }
        }
      }
      semver: {
        SemVer: MessageTypeDefinition<_build_bazel_semver_SemVer, _build_bazel_semver_SemVer__Output>
      }
    }
  }
  google: {
    bytestream: {
      ByteStream: SubtypeConstructor<typeof grpc.Client, _google_bytestream_ByteStreamClient> & { service: _google_bytestream_ByteStreamDefinition }
      QueryWriteStatusRequest: MessageTypeDefinition<_google_bytestream_QueryWriteStatusRequest, _google_bytestream_QueryWriteStatusRequest__Output>
      QueryWriteStatusResponse: MessageTypeDefinition<_google_bytestream_QueryWriteStatusResponse, _google_bytestream_QueryWriteStatusResponse__Output>
      ReadRequest: MessageTypeDefinition<_google_bytestream_ReadRequest, _google_bytestream_ReadRequest__Output>
      ReadResponse: MessageTypeDefinition<_google_bytestream_ReadResponse, _google_bytestream_ReadResponse__Output>
      WriteRequest: MessageTypeDefinition<_google_bytestream_WriteRequest, _google_bytestream_WriteRequest__Output>
      WriteResponse: MessageTypeDefinition<_google_bytestream_WriteResponse, _google_bytestream_WriteResponse__Output>
    }
    longrunning: {
      CancelOperationRequest: MessageTypeDefinition<_google_longrunning_CancelOperationRequest, _google_longrunning_CancelOperationRequest__Output>
      DeleteOperationRequest: MessageTypeDefinition<_google_longrunning_DeleteOperationRequest, _google_longrunning_DeleteOperationRequest__Output>
      GetOperationRequest: MessageTypeDefinition<_google_longrunning_GetOperationRequest, _google_longrunning_GetOperationRequest__Output>
      ListOperationsRequest: MessageTypeDefinition<_google_longrunning_ListOperationsRequest, _google_longrunning_ListOperationsRequest__Output>
      ListOperationsResponse: MessageTypeDefinition<_google_longrunning_ListOperationsResponse, _google_longrunning_ListOperationsResponse__Output>
      Operation: MessageTypeDefinition<_google_longrunning_Operation, _google_longrunning_Operation__Output>
      OperationInfo: MessageTypeDefinition<_google_longrunning_OperationInfo, _google_longrunning_OperationInfo__Output>
      Operations: SubtypeConstructor<typeof grpc.Client, _google_longrunning_OperationsClient> & { service: _google_longrunning_OperationsDefinition }
      WaitOperationRequest: MessageTypeDefinition<_google_longrunning_WaitOperationRequest, _google_longrunning_WaitOperationRequest__Output>
    }
    protobuf: {
      Any: MessageTypeDefinition<_google_protobuf_Any, _google_protobuf_Any__Output>
      BoolValue: MessageTypeDefinition<_google_protobuf_BoolValue, _google_protobuf_BoolValue__Output>
      BytesValue: MessageTypeDefinition<_google_protobuf_BytesValue, _google_protobuf_BytesValue__Output>
      DoubleValue: MessageTypeDefinition<_google_protobuf_DoubleValue, _google_protobuf_DoubleValue__Output>
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Empty: MessageTypeDefinition<_google_protobuf_Empty, _google_protobuf_Empty__Output>
      FloatValue: MessageTypeDefinition<_google_protobuf_FloatValue, _google_protobuf_FloatValue__Output>
      Int32Value: MessageTypeDefinition<_google_protobuf_Int32Value, _google_protobuf_Int32Value__Output>
      Int64Value: MessageTypeDefinition<_google_protobuf_Int64Value, _google_protobuf_Int64Value__Output>
      StringValue: MessageTypeDefinition<_google_protobuf_StringValue, _google_protobuf_StringValue__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
      UInt32Value: MessageTypeDefinition<_google_protobuf_UInt32Value, _google_protobuf_UInt32Value__Output>
      UInt64Value: MessageTypeDefinition<_google_protobuf_UInt64Value, _google_protobuf_UInt64Value__Output>
    }
    rpc: {
      BadRequest: MessageTypeDefinition<_google_rpc_BadRequest, _google_rpc_BadRequest__Output>
      Code: EnumTypeDefinition
      DebugInfo: MessageTypeDefinition<_google_rpc_DebugInfo, _google_rpc_DebugInfo__Output>
      ErrorInfo: MessageTypeDefinition<_google_rpc_ErrorInfo, _google_rpc_ErrorInfo__Output>
      Help: MessageTypeDefinition<_google_rpc_Help, _google_rpc_Help__Output>
      LocalizedMessage: MessageTypeDefinition<_google_rpc_LocalizedMessage, _google_rpc_LocalizedMessage__Output>
      PreconditionFailure: MessageTypeDefinition<_google_rpc_PreconditionFailure, _google_rpc_PreconditionFailure__Output>
      QuotaFailure: MessageTypeDefinition<_google_rpc_QuotaFailure, _google_rpc_QuotaFailure__Output>
      RequestInfo: MessageTypeDefinition<_google_rpc_RequestInfo, _google_rpc_RequestInfo__Output>
      ResourceInfo: MessageTypeDefinition<_google_rpc_ResourceInfo, _google_rpc_ResourceInfo__Output>
      RetryInfo: MessageTypeDefinition<_google_rpc_RetryInfo, _google_rpc_RetryInfo__Output>
      Status: MessageTypeDefinition<_google_rpc_Status, _google_rpc_Status__Output>
    }
  }
  grpc: {
    health: {
      v1: {
        Health: SubtypeConstructor<typeof grpc.Client, _grpc_health_v1_HealthClient> & { service: _grpc_health_v1_HealthDefinition }
        HealthCheckRequest: MessageTypeDefinition<_grpc_health_v1_HealthCheckRequest, _grpc_health_v1_HealthCheckRequest__Output>
        HealthCheckResponse: MessageTypeDefinition<_grpc_health_v1_HealthCheckResponse, _grpc_health_v1_HealthCheckResponse__Output>
        HealthListRequest: MessageTypeDefinition<_grpc_health_v1_HealthListRequest, _grpc_health_v1_HealthListRequest__Output>
        HealthListResponse: MessageTypeDefinition<_grpc_health_v1_HealthListResponse, _grpc_health_v1_HealthListResponse__Output>
      }
    }
    reflection: {
      v1: {
        ErrorResponse: MessageTypeDefinition<_grpc_reflection_v1_ErrorResponse, _grpc_reflection_v1_ErrorResponse__Output>
        ExtensionNumberResponse: MessageTypeDefinition<_grpc_reflection_v1_ExtensionNumberResponse, _grpc_reflection_v1_ExtensionNumberResponse__Output>
        ExtensionRequest: MessageTypeDefinition<_grpc_reflection_v1_ExtensionRequest, _grpc_reflection_v1_ExtensionRequest__Output>
        FileDescriptorResponse: MessageTypeDefinition<_grpc_reflection_v1_FileDescriptorResponse, _grpc_reflection_v1_FileDescriptorResponse__Output>
        ListServiceResponse: MessageTypeDefinition<_grpc_reflection_v1_ListServiceResponse, _grpc_reflection_v1_ListServiceResponse__Output>
        ServerReflection: SubtypeConstructor<typeof grpc.Client, _grpc_reflection_v1_ServerReflectionClient> & { service: _grpc_reflection_v1_ServerReflectionDefinition }
        ServerReflectionRequest: MessageTypeDefinition<_grpc_reflection_v1_ServerReflectionRequest, _grpc_reflection_v1_ServerReflectionRequest__Output>
        ServerReflectionResponse: MessageTypeDefinition<_grpc_reflection_v1_ServerReflectionResponse, _grpc_reflection_v1_ServerReflectionResponse__Output>
        ServiceResponse: MessageTypeDefinition<_grpc_reflection_v1_ServiceResponse, _grpc_reflection_v1_ServiceResponse__Output>
      }
      v1alpha: {
        ErrorResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_ErrorResponse, _grpc_reflection_v1alpha_ErrorResponse__Output>
        ExtensionNumberResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_ExtensionNumberResponse, _grpc_reflection_v1alpha_ExtensionNumberResponse__Output>
        ExtensionRequest: MessageTypeDefinition<_grpc_reflection_v1alpha_ExtensionRequest, _grpc_reflection_v1alpha_ExtensionRequest__Output>
        FileDescriptorResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_FileDescriptorResponse, _grpc_reflection_v1alpha_FileDescriptorResponse__Output>
        ListServiceResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_ListServiceResponse, _grpc_reflection_v1alpha_ListServiceResponse__Output>
        ServerReflection: SubtypeConstructor<typeof grpc.Client, _grpc_reflection_v1alpha_ServerReflectionClient> & { service: _grpc_reflection_v1alpha_ServerReflectionDefinition }
        ServerReflectionRequest: MessageTypeDefinition<_grpc_reflection_v1alpha_ServerReflectionRequest, _grpc_reflection_v1alpha_ServerReflectionRequest__Output>
        ServerReflectionResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_ServerReflectionResponse, _grpc_reflection_v1alpha_ServerReflectionResponse__Output>
        ServiceResponse: MessageTypeDefinition<_grpc_reflection_v1alpha_ServiceResponse, _grpc_reflection_v1alpha_ServiceResponse__Output>
      }
    }
  }
}

