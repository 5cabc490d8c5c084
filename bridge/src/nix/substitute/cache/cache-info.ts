import { Code, StatusError } from "../../../status/index.js";

/** What a binary cache says of itself: `nix-cache-info`. Source: Nix, `BinaryCacheStore::init` in src/libstore/binary-cache-store.cc. */
export interface CacheInfo {
  readonly storeDir: string;
  /** Whether it wants to be asked for many paths of which it may have none. */
  readonly wantsMassQuery: boolean;
  /** Those with a lower number are asked first. */
  readonly priority: number;
}

/** The file's name. */
export const CACHE_INFO = "nix-cache-info";
/** It has three lines; unknown ones are short. */
export const CACHE_INFO_BYTES_MAX = 64 * 1024;

/** Of a cache that says none: Nix asks it first. */
const DEFAULT_PRIORITY = 0;

/** @throws StatusError InvalidArgument if it names no store directory. */
export function parseCacheInfo(uri: string, text: string): CacheInfo {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const storeDir = fields.get("StoreDir");
  if (storeDir === undefined)
    throw new StatusError(Code.InvalidArgument, `'${uri}' does not appear to be a binary cache`);
  const priority = fields.get("Priority") ?? "";
  return {
    storeDir,
    wantsMassQuery: fields.get("WantMassQuery") === "1",
    priority: /^\d{1,9}$/.test(priority) ? Number(priority) : DEFAULT_PRIORITY,
  };
}

/** As {@link parseCacheInfo} reads it. */
export function printCacheInfo({ storeDir, wantsMassQuery, priority }: CacheInfo): string {
  return `StoreDir: ${storeDir}\nWantMassQuery: ${wantsMassQuery ? "1" : "0"}\nPriority: ${String(priority)}\n`;
}
