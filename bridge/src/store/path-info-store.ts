import type { CastoreNode } from "../formats/castore/node.js";
import type { ContentAddress } from "../formats/hash/hash.js";
import type { StorePath } from "../formats/store-path/store-path.js";

/** A valid store path: what Nix keeps of it in ValidPaths and Refs, and its contents as a castore node. */
export interface PathInfo {
  readonly path: StorePath;
  readonly node: CastoreNode;
  /** SHA-256 of the archive, 64 lower-case hex digits. */
  readonly narHash: string;
  readonly narSizeBytes: number;
  /** Sorted, without duplicates; may hold the path itself. */
  readonly references: readonly StorePath[];
  /** The `.drv` that made it. */
  readonly deriver?: StorePath;
  readonly ca?: ContentAddress;
  /** `<key name>:<base64>`. */
  readonly signatures: readonly string[];
  /** Seconds since the epoch. */
  readonly registrationTime: number;
  /** Built here (or its build's results checked here), not merely copied. */
  readonly ultimate: boolean;
}

/** The valid paths. A path is registered only when all its references are (itself apart), and its contents are whole. */
export interface PathInfoStore {
  get(path: StorePath): Promise<PathInfo | undefined>;

  /** In the order of the request. */
  getMany(paths: readonly StorePath[]): Promise<(PathInfo | undefined)[]>;

  /** The path whose hash part this is (32 characters of nixbase32). */
  getByHashPart(hashPart: string): Promise<PathInfo | undefined>;

  /**
   * Registers paths in one commit, references before or within the list, replacing what was known of them.
   *
   * @throws StatusError FailedPrecondition if a reference is not valid, or the root node's directory or blob is absent.
   */
  putMany(infos: readonly PathInfo[]): Promise<void>;

  /** Who refers to it, itself apart. */
  referrers(path: StorePath): Promise<StorePath[]>;

  /** All valid paths, in their order, without holding them all. */
  list(): AsyncIterable<PathInfo>;

  /**
   * Forgets paths in one commit. Contents stay until `gc`.
   *
   * @throws StatusError FailedPrecondition if a path outside the list refers to one of them.
   */
  forget(paths: readonly StorePath[]): Promise<void>;

  /**
   * What a derivation's output was built to, for derivations whose output paths are not known from the derivation (floating content
   * addresses). Source: Nix, `Realisation`, keyed as since 2.35 by derivation and output name.
   */
  getRealisation(drvPath: StorePath, outputName: string): Promise<StorePath | undefined>;

  putRealisation(drvPath: StorePath, outputName: string, path: StorePath): Promise<void>;
}
