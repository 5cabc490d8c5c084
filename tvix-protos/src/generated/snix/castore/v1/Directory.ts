// Original file: proto/snix/castore/protos/castore.proto

import type { DirectoryEntry as _snix_castore_v1_DirectoryEntry, DirectoryEntry__Output as _snix_castore_v1_DirectoryEntry__Output } from '../../../snix/castore/v1/DirectoryEntry.js';
import type { FileEntry as _snix_castore_v1_FileEntry, FileEntry__Output as _snix_castore_v1_FileEntry__Output } from '../../../snix/castore/v1/FileEntry.js';
import type { SymlinkEntry as _snix_castore_v1_SymlinkEntry, SymlinkEntry__Output as _snix_castore_v1_SymlinkEntry__Output } from '../../../snix/castore/v1/SymlinkEntry.js';

export interface Directory {
  'directories'?: (_snix_castore_v1_DirectoryEntry)[];
  'files'?: (_snix_castore_v1_FileEntry)[];
  'symlinks'?: (_snix_castore_v1_SymlinkEntry)[];
}

export interface Directory__Output {
  'directories': (_snix_castore_v1_DirectoryEntry__Output)[];
  'files': (_snix_castore_v1_FileEntry__Output)[];
  'symlinks': (_snix_castore_v1_SymlinkEntry__Output)[];
}
