import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BuildRequest as _snix_build_v1_BuildRequest, BuildRequest__Output as _snix_build_v1_BuildRequest__Output } from './snix/build/v1/BuildRequest.js';
import type { BuildResponse as _snix_build_v1_BuildResponse, BuildResponse__Output as _snix_build_v1_BuildResponse__Output } from './snix/build/v1/BuildResponse.js';
import type { BuildServiceClient as _snix_build_v1_BuildServiceClient, BuildServiceDefinition as _snix_build_v1_BuildServiceDefinition } from './snix/build/v1/BuildService.js';
import type { BuildUpdate as _snix_build_v1_BuildUpdate, BuildUpdate__Output as _snix_build_v1_BuildUpdate__Output } from './snix/build/v1/BuildUpdate.js';
import type { BSPutBlobResponse as _snix_castore_v1_BSPutBlobResponse, BSPutBlobResponse__Output as _snix_castore_v1_BSPutBlobResponse__Output } from './snix/castore/v1/BSPutBlobResponse.js';
import type { BSStatBlobRequest as _snix_castore_v1_BSStatBlobRequest, BSStatBlobRequest__Output as _snix_castore_v1_BSStatBlobRequest__Output } from './snix/castore/v1/BSStatBlobRequest.js';
import type { BSStatBlobResponse as _snix_castore_v1_BSStatBlobResponse, BSStatBlobResponse__Output as _snix_castore_v1_BSStatBlobResponse__Output } from './snix/castore/v1/BSStatBlobResponse.js';
import type { BlobChunk as _snix_castore_v1_BlobChunk, BlobChunk__Output as _snix_castore_v1_BlobChunk__Output } from './snix/castore/v1/BlobChunk.js';
import type { BlobMeta as _snix_castore_v1_BlobMeta, BlobMeta__Output as _snix_castore_v1_BlobMeta__Output } from './snix/castore/v1/BlobMeta.js';
import type { BlobServiceClient as _snix_castore_v1_BlobServiceClient, BlobServiceDefinition as _snix_castore_v1_BlobServiceDefinition } from './snix/castore/v1/BlobService.js';
import type { BlobStoreServiceClient as _snix_castore_v1_BlobStoreServiceClient, BlobStoreServiceDefinition as _snix_castore_v1_BlobStoreServiceDefinition } from './snix/castore/v1/BlobStoreService.js';
import type { ChunkStoreServiceClient as _snix_castore_v1_ChunkStoreServiceClient, ChunkStoreServiceDefinition as _snix_castore_v1_ChunkStoreServiceDefinition } from './snix/castore/v1/ChunkStoreService.js';
import type { Directory as _snix_castore_v1_Directory, Directory__Output as _snix_castore_v1_Directory__Output } from './snix/castore/v1/Directory.js';
import type { DirectoryEntry as _snix_castore_v1_DirectoryEntry, DirectoryEntry__Output as _snix_castore_v1_DirectoryEntry__Output } from './snix/castore/v1/DirectoryEntry.js';
import type { DirectoryServiceClient as _snix_castore_v1_DirectoryServiceClient, DirectoryServiceDefinition as _snix_castore_v1_DirectoryServiceDefinition } from './snix/castore/v1/DirectoryService.js';
import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from './snix/castore/v1/Entry.js';
import type { FileEntry as _snix_castore_v1_FileEntry, FileEntry__Output as _snix_castore_v1_FileEntry__Output } from './snix/castore/v1/FileEntry.js';
import type { GetBlobRequest as _snix_castore_v1_GetBlobRequest, GetBlobRequest__Output as _snix_castore_v1_GetBlobRequest__Output } from './snix/castore/v1/GetBlobRequest.js';
import type { GetBlobResponse as _snix_castore_v1_GetBlobResponse, GetBlobResponse__Output as _snix_castore_v1_GetBlobResponse__Output } from './snix/castore/v1/GetBlobResponse.js';
import type { GetChunkRequest as _snix_castore_v1_GetChunkRequest, GetChunkRequest__Output as _snix_castore_v1_GetChunkRequest__Output } from './snix/castore/v1/GetChunkRequest.js';
import type { GetChunkResponse as _snix_castore_v1_GetChunkResponse, GetChunkResponse__Output as _snix_castore_v1_GetChunkResponse__Output } from './snix/castore/v1/GetChunkResponse.js';
import type { GetDirectoryRequest as _snix_castore_v1_GetDirectoryRequest, GetDirectoryRequest__Output as _snix_castore_v1_GetDirectoryRequest__Output } from './snix/castore/v1/GetDirectoryRequest.js';
import type { PutBlobRequest as _snix_castore_v1_PutBlobRequest, PutBlobRequest__Output as _snix_castore_v1_PutBlobRequest__Output } from './snix/castore/v1/PutBlobRequest.js';
import type { PutBlobResponse as _snix_castore_v1_PutBlobResponse, PutBlobResponse__Output as _snix_castore_v1_PutBlobResponse__Output } from './snix/castore/v1/PutBlobResponse.js';
import type { PutChunkRequest as _snix_castore_v1_PutChunkRequest, PutChunkRequest__Output as _snix_castore_v1_PutChunkRequest__Output } from './snix/castore/v1/PutChunkRequest.js';
import type { PutChunkResponse as _snix_castore_v1_PutChunkResponse, PutChunkResponse__Output as _snix_castore_v1_PutChunkResponse__Output } from './snix/castore/v1/PutChunkResponse.js';
import type { PutDirectoryResponse as _snix_castore_v1_PutDirectoryResponse, PutDirectoryResponse__Output as _snix_castore_v1_PutDirectoryResponse__Output } from './snix/castore/v1/PutDirectoryResponse.js';
import type { ReadBlobRequest as _snix_castore_v1_ReadBlobRequest, ReadBlobRequest__Output as _snix_castore_v1_ReadBlobRequest__Output } from './snix/castore/v1/ReadBlobRequest.js';
import type { StatBlobRequest as _snix_castore_v1_StatBlobRequest, StatBlobRequest__Output as _snix_castore_v1_StatBlobRequest__Output } from './snix/castore/v1/StatBlobRequest.js';
import type { StatBlobResponse as _snix_castore_v1_StatBlobResponse, StatBlobResponse__Output as _snix_castore_v1_StatBlobResponse__Output } from './snix/castore/v1/StatBlobResponse.js';
import type { StatChunkRequest as _snix_castore_v1_StatChunkRequest, StatChunkRequest__Output as _snix_castore_v1_StatChunkRequest__Output } from './snix/castore/v1/StatChunkRequest.js';
import type { StatChunkResponse as _snix_castore_v1_StatChunkResponse, StatChunkResponse__Output as _snix_castore_v1_StatChunkResponse__Output } from './snix/castore/v1/StatChunkResponse.js';
import type { SymlinkEntry as _snix_castore_v1_SymlinkEntry, SymlinkEntry__Output as _snix_castore_v1_SymlinkEntry__Output } from './snix/castore/v1/SymlinkEntry.js';
import type { CalculateNARResponse as _snix_store_v1_CalculateNARResponse, CalculateNARResponse__Output as _snix_store_v1_CalculateNARResponse__Output } from './snix/store/v1/CalculateNARResponse.js';
import type { GetPathInfoRequest as _snix_store_v1_GetPathInfoRequest, GetPathInfoRequest__Output as _snix_store_v1_GetPathInfoRequest__Output } from './snix/store/v1/GetPathInfoRequest.js';
import type { ListPathInfoRequest as _snix_store_v1_ListPathInfoRequest, ListPathInfoRequest__Output as _snix_store_v1_ListPathInfoRequest__Output } from './snix/store/v1/ListPathInfoRequest.js';
import type { NARInfo as _snix_store_v1_NARInfo, NARInfo__Output as _snix_store_v1_NARInfo__Output } from './snix/store/v1/NARInfo.js';
import type { PathInfo as _snix_store_v1_PathInfo, PathInfo__Output as _snix_store_v1_PathInfo__Output } from './snix/store/v1/PathInfo.js';
import type { PathInfoServiceClient as _snix_store_v1_PathInfoServiceClient, PathInfoServiceDefinition as _snix_store_v1_PathInfoServiceDefinition } from './snix/store/v1/PathInfoService.js';
import type { StorePath as _snix_store_v1_StorePath, StorePath__Output as _snix_store_v1_StorePath__Output } from './snix/store/v1/StorePath.js';
import type { Build as _tvix_build_v1_Build, Build__Output as _tvix_build_v1_Build__Output } from './tvix/build/v1/Build.js';
import type { BuildRequest as _tvix_build_v1_BuildRequest, BuildRequest__Output as _tvix_build_v1_BuildRequest__Output } from './tvix/build/v1/BuildRequest.js';
import type { BuildServiceClient as _tvix_build_v1_BuildServiceClient, BuildServiceDefinition as _tvix_build_v1_BuildServiceDefinition } from './tvix/build/v1/BuildService.js';
import type { BlobChunk as _tvix_castore_v1_BlobChunk, BlobChunk__Output as _tvix_castore_v1_BlobChunk__Output } from './tvix/castore/v1/BlobChunk.js';
import type { BlobServiceClient as _tvix_castore_v1_BlobServiceClient, BlobServiceDefinition as _tvix_castore_v1_BlobServiceDefinition } from './tvix/castore/v1/BlobService.js';
import type { Directory as _tvix_castore_v1_Directory, Directory__Output as _tvix_castore_v1_Directory__Output } from './tvix/castore/v1/Directory.js';
import type { DirectoryNode as _tvix_castore_v1_DirectoryNode, DirectoryNode__Output as _tvix_castore_v1_DirectoryNode__Output } from './tvix/castore/v1/DirectoryNode.js';
import type { DirectoryServiceClient as _tvix_castore_v1_DirectoryServiceClient, DirectoryServiceDefinition as _tvix_castore_v1_DirectoryServiceDefinition } from './tvix/castore/v1/DirectoryService.js';
import type { FileNode as _tvix_castore_v1_FileNode, FileNode__Output as _tvix_castore_v1_FileNode__Output } from './tvix/castore/v1/FileNode.js';
import type { GetDirectoryRequest as _tvix_castore_v1_GetDirectoryRequest, GetDirectoryRequest__Output as _tvix_castore_v1_GetDirectoryRequest__Output } from './tvix/castore/v1/GetDirectoryRequest.js';
import type { Node as _tvix_castore_v1_Node, Node__Output as _tvix_castore_v1_Node__Output } from './tvix/castore/v1/Node.js';
import type { PutBlobResponse as _tvix_castore_v1_PutBlobResponse, PutBlobResponse__Output as _tvix_castore_v1_PutBlobResponse__Output } from './tvix/castore/v1/PutBlobResponse.js';
import type { PutDirectoryResponse as _tvix_castore_v1_PutDirectoryResponse, PutDirectoryResponse__Output as _tvix_castore_v1_PutDirectoryResponse__Output } from './tvix/castore/v1/PutDirectoryResponse.js';
import type { ReadBlobRequest as _tvix_castore_v1_ReadBlobRequest, ReadBlobRequest__Output as _tvix_castore_v1_ReadBlobRequest__Output } from './tvix/castore/v1/ReadBlobRequest.js';
import type { StatBlobRequest as _tvix_castore_v1_StatBlobRequest, StatBlobRequest__Output as _tvix_castore_v1_StatBlobRequest__Output } from './tvix/castore/v1/StatBlobRequest.js';
import type { StatBlobResponse as _tvix_castore_v1_StatBlobResponse, StatBlobResponse__Output as _tvix_castore_v1_StatBlobResponse__Output } from './tvix/castore/v1/StatBlobResponse.js';
import type { SymlinkNode as _tvix_castore_v1_SymlinkNode, SymlinkNode__Output as _tvix_castore_v1_SymlinkNode__Output } from './tvix/castore/v1/SymlinkNode.js';
import type { CalculateNARResponse as _tvix_store_v1_CalculateNARResponse, CalculateNARResponse__Output as _tvix_store_v1_CalculateNARResponse__Output } from './tvix/store/v1/CalculateNARResponse.js';
import type { GetPathInfoRequest as _tvix_store_v1_GetPathInfoRequest, GetPathInfoRequest__Output as _tvix_store_v1_GetPathInfoRequest__Output } from './tvix/store/v1/GetPathInfoRequest.js';
import type { ListPathInfoRequest as _tvix_store_v1_ListPathInfoRequest, ListPathInfoRequest__Output as _tvix_store_v1_ListPathInfoRequest__Output } from './tvix/store/v1/ListPathInfoRequest.js';
import type { NARInfo as _tvix_store_v1_NARInfo, NARInfo__Output as _tvix_store_v1_NARInfo__Output } from './tvix/store/v1/NARInfo.js';
import type { PathInfo as _tvix_store_v1_PathInfo, PathInfo__Output as _tvix_store_v1_PathInfo__Output } from './tvix/store/v1/PathInfo.js';
import type { PathInfoServiceClient as _tvix_store_v1_PathInfoServiceClient, PathInfoServiceDefinition as _tvix_store_v1_PathInfoServiceDefinition } from './tvix/store/v1/PathInfoService.js';
import type { StorePath as _tvix_store_v1_StorePath, StorePath__Output as _tvix_store_v1_StorePath__Output } from './tvix/store/v1/StorePath.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  snix: {
    build: {
      v1: {
        BuildRequest: MessageTypeDefinition<_snix_build_v1_BuildRequest, _snix_build_v1_BuildRequest__Output>
        BuildResponse: MessageTypeDefinition<_snix_build_v1_BuildResponse, _snix_build_v1_BuildResponse__Output>
        BuildService: SubtypeConstructor<typeof grpc.Client, _snix_build_v1_BuildServiceClient> & { service: _snix_build_v1_BuildServiceDefinition }
        BuildUpdate: MessageTypeDefinition<_snix_build_v1_BuildUpdate, _snix_build_v1_BuildUpdate__Output>
      }
    }
    castore: {
      v1: {
        BSPutBlobResponse: MessageTypeDefinition<_snix_castore_v1_BSPutBlobResponse, _snix_castore_v1_BSPutBlobResponse__Output>
        BSStatBlobRequest: MessageTypeDefinition<_snix_castore_v1_BSStatBlobRequest, _snix_castore_v1_BSStatBlobRequest__Output>
        BSStatBlobResponse: MessageTypeDefinition<_snix_castore_v1_BSStatBlobResponse, _snix_castore_v1_BSStatBlobResponse__Output>
        BlobChunk: MessageTypeDefinition<_snix_castore_v1_BlobChunk, _snix_castore_v1_BlobChunk__Output>
        BlobMeta: MessageTypeDefinition<_snix_castore_v1_BlobMeta, _snix_castore_v1_BlobMeta__Output>
        BlobService: SubtypeConstructor<typeof grpc.Client, _snix_castore_v1_BlobServiceClient> & { service: _snix_castore_v1_BlobServiceDefinition }
        BlobStoreService: SubtypeConstructor<typeof grpc.Client, _snix_castore_v1_BlobStoreServiceClient> & { service: _snix_castore_v1_BlobStoreServiceDefinition }
        ChunkStoreService: SubtypeConstructor<typeof grpc.Client, _snix_castore_v1_ChunkStoreServiceClient> & { service: _snix_castore_v1_ChunkStoreServiceDefinition }
        Directory: MessageTypeDefinition<_snix_castore_v1_Directory, _snix_castore_v1_Directory__Output>
        DirectoryEntry: MessageTypeDefinition<_snix_castore_v1_DirectoryEntry, _snix_castore_v1_DirectoryEntry__Output>
        DirectoryService: SubtypeConstructor<typeof grpc.Client, _snix_castore_v1_DirectoryServiceClient> & { service: _snix_castore_v1_DirectoryServiceDefinition }
        Entry: MessageTypeDefinition<_snix_castore_v1_Entry, _snix_castore_v1_Entry__Output>
        FileEntry: MessageTypeDefinition<_snix_castore_v1_FileEntry, _snix_castore_v1_FileEntry__Output>
        GetBlobRequest: MessageTypeDefinition<_snix_castore_v1_GetBlobRequest, _snix_castore_v1_GetBlobRequest__Output>
        GetBlobResponse: MessageTypeDefinition<_snix_castore_v1_GetBlobResponse, _snix_castore_v1_GetBlobResponse__Output>
        GetChunkRequest: MessageTypeDefinition<_snix_castore_v1_GetChunkRequest, _snix_castore_v1_GetChunkRequest__Output>
        GetChunkResponse: MessageTypeDefinition<_snix_castore_v1_GetChunkResponse, _snix_castore_v1_GetChunkResponse__Output>
        GetDirectoryRequest: MessageTypeDefinition<_snix_castore_v1_GetDirectoryRequest, _snix_castore_v1_GetDirectoryRequest__Output>
        PutBlobRequest: MessageTypeDefinition<_snix_castore_v1_PutBlobRequest, _snix_castore_v1_PutBlobRequest__Output>
        PutBlobResponse: MessageTypeDefinition<_snix_castore_v1_PutBlobResponse, _snix_castore_v1_PutBlobResponse__Output>
        PutChunkRequest: MessageTypeDefinition<_snix_castore_v1_PutChunkRequest, _snix_castore_v1_PutChunkRequest__Output>
        PutChunkResponse: MessageTypeDefinition<_snix_castore_v1_PutChunkResponse, _snix_castore_v1_PutChunkResponse__Output>
        PutDirectoryResponse: MessageTypeDefinition<_snix_castore_v1_PutDirectoryResponse, _snix_castore_v1_PutDirectoryResponse__Output>
        ReadBlobRequest: MessageTypeDefinition<_snix_castore_v1_ReadBlobRequest, _snix_castore_v1_ReadBlobRequest__Output>
        StatBlobRequest: MessageTypeDefinition<_snix_castore_v1_StatBlobRequest, _snix_castore_v1_StatBlobRequest__Output>
        StatBlobResponse: MessageTypeDefinition<_snix_castore_v1_StatBlobResponse, _snix_castore_v1_StatBlobResponse__Output>
        StatChunkRequest: MessageTypeDefinition<_snix_castore_v1_StatChunkRequest, _snix_castore_v1_StatChunkRequest__Output>
        StatChunkResponse: MessageTypeDefinition<_snix_castore_v1_StatChunkResponse, _snix_castore_v1_StatChunkResponse__Output>
        SymlinkEntry: MessageTypeDefinition<_snix_castore_v1_SymlinkEntry, _snix_castore_v1_SymlinkEntry__Output>
      }
    }
    store: {
      v1: {
        CalculateNARResponse: MessageTypeDefinition<_snix_store_v1_CalculateNARResponse, _snix_store_v1_CalculateNARResponse__Output>
        GetPathInfoRequest: MessageTypeDefinition<_snix_store_v1_GetPathInfoRequest, _snix_store_v1_GetPathInfoRequest__Output>
        ListPathInfoRequest: MessageTypeDefinition<_snix_store_v1_ListPathInfoRequest, _snix_store_v1_ListPathInfoRequest__Output>
        NARInfo: MessageTypeDefinition<_snix_store_v1_NARInfo, _snix_store_v1_NARInfo__Output>
        PathInfo: MessageTypeDefinition<_snix_store_v1_PathInfo, _snix_store_v1_PathInfo__Output>
        PathInfoService: SubtypeConstructor<typeof grpc.Client, _snix_store_v1_PathInfoServiceClient> & { service: _snix_store_v1_PathInfoServiceDefinition }
        StorePath: MessageTypeDefinition<_snix_store_v1_StorePath, _snix_store_v1_StorePath__Output>
      }
    }
  }
  tvix: {
    build: {
      v1: {
        Build: MessageTypeDefinition<_tvix_build_v1_Build, _tvix_build_v1_Build__Output>
        BuildRequest: MessageTypeDefinition<_tvix_build_v1_BuildRequest, _tvix_build_v1_BuildRequest__Output>
        BuildService: SubtypeConstructor<typeof grpc.Client, _tvix_build_v1_BuildServiceClient> & { service: _tvix_build_v1_BuildServiceDefinition }
      }
    }
    castore: {
      v1: {
        BlobChunk: MessageTypeDefinition<_tvix_castore_v1_BlobChunk, _tvix_castore_v1_BlobChunk__Output>
        BlobService: SubtypeConstructor<typeof grpc.Client, _tvix_castore_v1_BlobServiceClient> & { service: _tvix_castore_v1_BlobServiceDefinition }
        Directory: MessageTypeDefinition<_tvix_castore_v1_Directory, _tvix_castore_v1_Directory__Output>
        DirectoryNode: MessageTypeDefinition<_tvix_castore_v1_DirectoryNode, _tvix_castore_v1_DirectoryNode__Output>
        DirectoryService: SubtypeConstructor<typeof grpc.Client, _tvix_castore_v1_DirectoryServiceClient> & { service: _tvix_castore_v1_DirectoryServiceDefinition }
        FileNode: MessageTypeDefinition<_tvix_castore_v1_FileNode, _tvix_castore_v1_FileNode__Output>
        GetDirectoryRequest: MessageTypeDefinition<_tvix_castore_v1_GetDirectoryRequest, _tvix_castore_v1_GetDirectoryRequest__Output>
        Node: MessageTypeDefinition<_tvix_castore_v1_Node, _tvix_castore_v1_Node__Output>
        PutBlobResponse: MessageTypeDefinition<_tvix_castore_v1_PutBlobResponse, _tvix_castore_v1_PutBlobResponse__Output>
        PutDirectoryResponse: MessageTypeDefinition<_tvix_castore_v1_PutDirectoryResponse, _tvix_castore_v1_PutDirectoryResponse__Output>
        ReadBlobRequest: MessageTypeDefinition<_tvix_castore_v1_ReadBlobRequest, _tvix_castore_v1_ReadBlobRequest__Output>
        StatBlobRequest: MessageTypeDefinition<_tvix_castore_v1_StatBlobRequest, _tvix_castore_v1_StatBlobRequest__Output>
        StatBlobResponse: MessageTypeDefinition<_tvix_castore_v1_StatBlobResponse, _tvix_castore_v1_StatBlobResponse__Output>
        SymlinkNode: MessageTypeDefinition<_tvix_castore_v1_SymlinkNode, _tvix_castore_v1_SymlinkNode__Output>
      }
    }
    store: {
      v1: {
        CalculateNARResponse: MessageTypeDefinition<_tvix_store_v1_CalculateNARResponse, _tvix_store_v1_CalculateNARResponse__Output>
        GetPathInfoRequest: MessageTypeDefinition<_tvix_store_v1_GetPathInfoRequest, _tvix_store_v1_GetPathInfoRequest__Output>
        ListPathInfoRequest: MessageTypeDefinition<_tvix_store_v1_ListPathInfoRequest, _tvix_store_v1_ListPathInfoRequest__Output>
        NARInfo: MessageTypeDefinition<_tvix_store_v1_NARInfo, _tvix_store_v1_NARInfo__Output>
        PathInfo: MessageTypeDefinition<_tvix_store_v1_PathInfo, _tvix_store_v1_PathInfo__Output>
        PathInfoService: SubtypeConstructor<typeof grpc.Client, _tvix_store_v1_PathInfoServiceClient> & { service: _tvix_store_v1_PathInfoServiceDefinition }
        StorePath: MessageTypeDefinition<_tvix_store_v1_StorePath, _tvix_store_v1_StorePath__Output>
      }
    }
  }
}

