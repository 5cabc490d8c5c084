// Original file: proto/tvix/castore/protos/castore.proto

import type { DirectoryNode as _tvix_castore_v1_DirectoryNode, DirectoryNode__Output as _tvix_castore_v1_DirectoryNode__Output } from '../../../tvix/castore/v1/DirectoryNode.js';
import type { FileNode as _tvix_castore_v1_FileNode, FileNode__Output as _tvix_castore_v1_FileNode__Output } from '../../../tvix/castore/v1/FileNode.js';
import type { SymlinkNode as _tvix_castore_v1_SymlinkNode, SymlinkNode__Output as _tvix_castore_v1_SymlinkNode__Output } from '../../../tvix/castore/v1/SymlinkNode.js';

export interface Node {
  'directory'?: (_tvix_castore_v1_DirectoryNode | null);
  'file'?: (_tvix_castore_v1_FileNode | null);
  'symlink'?: (_tvix_castore_v1_SymlinkNode | null);
  'node'?: "directory"|"file"|"symlink";
}

export interface Node__Output {
  'directory'?: (_tvix_castore_v1_DirectoryNode__Output);
  'file'?: (_tvix_castore_v1_FileNode__Output);
  'symlink'?: (_tvix_castore_v1_SymlinkNode__Output);
  'node'?: "directory"|"file"|"symlink";
}
