import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BuildRequest as _snix_build_v1_BuildRequest, BuildRequest__Output as _snix_build_v1_BuildRequest__Output } from './snix/build/v1/BuildRequest.js';
import type { BuildResponse as _snix_build_v1_BuildResponse, BuildResponse__Output as _snix_build_v1_BuildResponse__Output } from './snix/build/v1/BuildResponse.js';
import type { BuildServiceClient as _snix_build_v1_BuildServiceClient, BuildServiceDefinition as _snix_build_v1_BuildServiceDefinition } from './snix/build/v1/BuildService.js';
import type { BuildUpdate as _snix_build_v1_BuildUpdate, BuildUpdate__Output as _snix_build_v1_BuildUpdate__Output } from './snix/build/v1/BuildUpdate.js';
import type { Directory as _snix_castore_v1_Directory, Directory__Output as _snix_castore_v1_Directory__Output } from './snix/castore/v1/Directory.js';
import type { DirectoryEntry as _snix_castore_v1_DirectoryEntry, DirectoryEntry__Output as _snix_castore_v1_DirectoryEntry__Output } from './snix/castore/v1/DirectoryEntry.js';
import type { Entry as _snix_castore_v1_Entry, Entry__Output as _snix_castore_v1_Entry__Output } from './snix/castore/v1/Entry.js';
import type { FileEntry as _snix_castore_v1_FileEntry, FileEntry__Output as _snix_castore_v1_FileEntry__Output } from './snix/castore/v1/FileEntry.js';
import type { SymlinkEntry as _snix_castore_v1_SymlinkEntry, SymlinkEntry__Output as _snix_castore_v1_SymlinkEntry__Output } from './snix/castore/v1/SymlinkEntry.js';

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
        Directory: MessageTypeDefinition<_snix_castore_v1_Directory, _snix_castore_v1_Directory__Output>
        DirectoryEntry: MessageTypeDefinition<_snix_castore_v1_DirectoryEntry, _snix_castore_v1_DirectoryEntry__Output>
        Entry: MessageTypeDefinition<_snix_castore_v1_Entry, _snix_castore_v1_Entry__Output>
        FileEntry: MessageTypeDefinition<_snix_castore_v1_FileEntry, _snix_castore_v1_FileEntry__Output>
        SymlinkEntry: MessageTypeDefinition<_snix_castore_v1_SymlinkEntry, _snix_castore_v1_SymlinkEntry__Output>
      }
    }
  }
}

