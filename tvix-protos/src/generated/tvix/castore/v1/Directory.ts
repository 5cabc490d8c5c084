// Original file: proto/tvix/castore/protos/castore.proto

import type { DirectoryNode as _tvix_castore_v1_DirectoryNode, DirectoryNode__Output as _tvix_castore_v1_DirectoryNode__Output } from '../../../tvix/castore/v1/DirectoryNode.js';
import type { FileNode as _tvix_castore_v1_FileNode, FileNode__Output as _tvix_castore_v1_FileNode__Output } from '../../../tvix/castore/v1/FileNode.js';
import type { SymlinkNode as _tvix_castore_v1_SymlinkNode, SymlinkNode__Output as _tvix_castore_v1_SymlinkNode__Output } from '../../../tvix/castore/v1/SymlinkNode.js';

export interface Directory {
  'directories'?: (_tvix_castore_v1_DirectoryNode)[];
  'files'?: (_tvix_castore_v1_FileNode)[];
  'symlinks'?: (_tvix_castore_v1_SymlinkNode)[];
}

export interface Directory__Output {
  'directories': (_tvix_castore_v1_DirectoryNode__Output)[];
  'files': (_tvix_castore_v1_FileNode__Output)[];
  'symlinks': (_tvix_castore_v1_SymlinkNode__Output)[];
}
