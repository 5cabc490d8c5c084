import { isNixBase32 } from "../nixbase32/decode.js";
import { StorePathError } from "./error.js";
import type { StorePath } from "./store-path.js";

/** Characters of the hash part: 160 bits in nixbase32. */
export const STORE_PATH_HASH_LENGTH = 32;

/** The longest name: 255 (NAME_MAX) less the hash part, `-`, and room for suffixes such as `.lock` and `.chroot`. */
export const STORE_PATH_NAME_MAX = 211;

const NAME = /^[0-9A-Za-z+\-._?=]+$/;

/**
 * Checks the name of a store path by the rule of Nix since 2.20, the strictest of 2.8…HEAD: 1 to 211 characters of `[0-9A-Za-z+-._?=]`, and
 * the part before the first dash is not `.` or `..` (Nix 2.8 took those too). A leading dot is otherwise fine.
 *
 * Source: Nix, `checkName` in src/libstore/path.cc.
 *
 * @throws StorePathError
 */
export function checkStorePathName(name: string): void {
  if (name === "") throw new StorePathError("name must not be empty");
  if (name.length > STORE_PATH_NAME_MAX)
    throw new StorePathError(`name '${shorten(name)}' must be no longer than ${STORE_PATH_NAME_MAX} characters`);
  if (!NAME.test(name)) throw new StorePathError(`name '${shorten(name)}' contains an illegal character`);
  if (/^\.\.?(-|$)/.test(name))
    throw new StorePathError(`name '${name}' is not valid: it starts with the component '.' or '..'`);
}

/**
 * Checks the base name of a store path.
 *
 * @throws StorePathError
 */
export function parseStorePath(baseName: string): StorePath {
  if (baseName.length < STORE_PATH_HASH_LENGTH + 1)
    throw new StorePathError(`'${baseName}' is too short to be a valid store path`);
  if (!isNixBase32(baseName.slice(0, STORE_PATH_HASH_LENGTH)))
    throw new StorePathError(`store path '${shorten(baseName)}' contains an illegal base-32 character`);
  if (baseName[STORE_PATH_HASH_LENGTH] !== "-")
    throw new StorePathError(`'${shorten(baseName)}' is not a valid store path: no dash after the hash`);
  checkStorePathName(baseName.slice(STORE_PATH_HASH_LENGTH + 1));
  return baseName as StorePath;
}

/** `parseStorePath` for those who ask, e.g. for entries of a directory. */
export function isStorePath(baseName: string): baseName is StorePath {
  try {
    parseStorePath(baseName);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads a full path that is directly in the store directory, in its canonical form.
 *
 * @throws StorePathError
 */
export function parseStorePathIn(storeDir: string, fullPath: string): StorePath {
  const { path, rest } = splitStorePath(storeDir, fullPath);
  if (rest !== "") throw new StorePathError(`path '${shorten(fullPath)}' is not a store path, but in one`);
  return path;
}

/**
 * Splits a path in the store, e.g. `/nix/store/…-a/bin/sh`.
 *
 * @returns the store path, and the rest, empty or with its leading slash, unchecked.
 * @throws StorePathError
 */
export function splitStorePath(storeDir: string, path: string): { readonly path: StorePath; readonly rest: string } {
  if (!path.startsWith(storeDir) || path[storeDir.length] !== "/")
    throw new StorePathError(`path '${shorten(path)}' is not in the Nix store`);
  const start = storeDir.length + 1;
  const slash = path.indexOf("/", start);
  const end = slash < 0 ? path.length : slash;
  return { path: parseStorePath(path.slice(start, end)), rest: path.slice(end) };
}

/** The full path. */
export function printStorePath(storeDir: string, path: StorePath): string {
  return `${storeDir}/${path}`;
}

/** The 32 characters before the dash. */
export function hashPartOf(path: StorePath): string {
  return path.slice(0, STORE_PATH_HASH_LENGTH);
}

/** What follows the dash. */
export function nameOf(path: StorePath): string {
  return path.slice(STORE_PATH_HASH_LENGTH + 1);
}

/** The ending of derivations' names. */
export const DRV_SUFFIX = ".drv";

/** Whether the name says that it is a derivation. */
export function isDerivationPath(path: StorePath): boolean {
  return path.endsWith(DRV_SUFFIX);
}

/** For messages: names from outside may be long. */
function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
