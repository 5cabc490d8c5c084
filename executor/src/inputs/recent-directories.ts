import { digestKey, type Digest } from "@causeway/bridge/digest";
import type { Directory } from "@causeway/bridge/formats";

/** Of messages whose directories are remembered, about; as objects they take some five times as much. */
const BYTES_MAX = 16 * 2 ** 20;

/** Directories as they were read lately: the actions of a build share most of theirs, such as those of their compilers. */
export interface RecentDirectories {
  get(digest: Digest): Directory | undefined;
  put(digest: Digest, directory: Directory): void;
}

/** Remembers nothing yet. What was used longest ago goes first. */
export function createRecentDirectories(bytesMax = BYTES_MAX): RecentDirectories {
  const entries = new Map<string, { readonly directory: Directory; readonly sizeBytes: number }>();
  let bytes = 0;
  return {
    get(digest) {
      const key = digestKey(digest);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.directory;
    },
    put(digest, directory) {
      const key = digestKey(digest);
      if (entries.has(key)) return;
      entries.set(key, { directory, sizeBytes: digest.sizeBytes });
      bytes += digest.sizeBytes;
      for (const [oldest, { sizeBytes }] of entries) {
        if (bytes <= bytesMax) return;
        entries.delete(oldest);
        bytes -= sizeBytes;
      }
    },
  };
}
