// Original file: proto/snix/castore/protos/castore.proto

import type { DirectoryEntry as _snix_castore_v1_DirectoryEntry, DirectoryEntry__Output as _snix_castore_v1_DirectoryEntry__Output } from '../../../snix/castore/v1/DirectoryEntry.js';
import type { FileEntry as _snix_castore_v1_FileEntry, FileEntry__Output as _snix_castore_v1_FileEntry__Output } from '../../../snix/castore/v1/FileEntry.js';
import type { SymlinkEntry as _snix_castore_v1_SymlinkEntry, SymlinkEntry__Output as _snix_castore_v1_SymlinkEntry__Output } from '../../../snix/castore/v1/SymlinkEntry.js';

export interface Entry {
  'directory'?: (_snix_castore_v1_DirectoryEntry | null);
  'file'?: (_snix_castore_v1_FileEntry | null);
  'symlink'?: (_snix_castore_v1_SymlinkEntry | null);
  'entry'?: "directory"|"file"|"symlink";
}

export interface Entry__Output {
  'directory'?: (_snix_castore_v1_DirectoryEntry__Output);
  'file'?: (_snix_castore_v1_FileEntry__Output);
  'symlink'?: (_snix_castore_v1_SymlinkEntry__Output);
  'entry'?: "directory"|"file"|"symlink";
}
