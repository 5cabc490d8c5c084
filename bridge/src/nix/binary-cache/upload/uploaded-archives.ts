import type { AddedPath } from "../../../store/index.js";

/** An archive that a client has uploaded, whose description is still to come. */
export interface UploadedArchive {
  readonly added: AddedPath;
  /** Of the file, as it was uploaded. */
  readonly fileSizeBytes: number;
  /** How it was packed, as narinfos name it. */
  readonly compression: string;
}

/** The archives that were uploaded, by their URL in the cache. */
export interface UploadedArchives {
  get(url: string): UploadedArchive | undefined;
  put(url: string, archive: UploadedArchive): void;
}

/**
 * Remembers archives between their upload and that of their description, which follows at once. Only in memory: a client that finds nothing
 * of an archive uploads it again.
 *
 * @param archivesMax - beyond it the one that came first is forgotten.
 */
export function createUploadedArchives(archivesMax: number): UploadedArchives {
  const archives = new Map<string, UploadedArchive>();
  return {
    get: (url) => archives.get(url),
    put(url, archive) {
      archives.delete(url);
      archives.set(url, archive);
      if (archives.size <= archivesMax) return;
      const [oldest] = archives.keys();
      archives.delete(oldest!);
    },
  };
}
