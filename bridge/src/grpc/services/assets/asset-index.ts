import { createHash } from "node:crypto";
import { digestFunctions, type Digest, type DigestFunction } from "../../../digest/index.js";
import { byteStringOf, decodeActionResult, encodeActionResult, type ActionResult } from "../../../formats/index.js";
import type { ActionCache } from "../../../store/index.js";
import type { AssetQualifier } from "./asset-request.js";

/** What an asset is known by. */
export interface AssetKey {
  readonly instanceName: string;
  readonly kind: "blob" | "directory";
  readonly uri: string;
  /** Sorted by name, each name once. */
  readonly qualifiers: readonly AssetQualifier[];
}

/** What was pushed. */
export interface Asset {
  /** Of a blob, or of a `Directory`. */
  readonly digest: Digest;
  readonly pushedMs: number;
  /** Absent: as long as it is kept. */
  readonly expiresMs?: number;
}

/** What must stay as long as an asset; of the same digest function. */
export interface AssetReferences {
  readonly blobs: readonly Digest[];
  readonly directories: readonly Digest[];
}

/** Finds assets by what they are known by. */
export interface AssetIndex {
  /** `undefined` if there is none, or something of it or of its references is gone. Counts as a use of all that. */
  get(key: AssetKey): Promise<Asset | undefined>;
  /** Replaces what is known by that key. @throws StatusError FailedPrecondition, naming blobs that are not in the store. */
  put(key: AssetKey, asset: Asset, references: AssetReferences): Promise<void>;
}

/** `blobs` is a reserved word in names of instances (REAPI), so that no client can say this one. */
const ENTRIES = { instanceName: "blobs/assets" };

/**
 * Keeps assets as results of actions that cannot exist, in instances that cannot be named: so they are answered only while they are whole,
 * with all that they refer to, and the garbage collector keeps all of it together.
 */
export function createAssetIndex(actionCache: ActionCache): AssetIndex {
  return {
    async get(key) {
      for (const fn of digestFunctions) {
        const bytes = await actionCache.get(entryDigest(key, fn), ENTRIES);
        if (bytes !== undefined) return assetOf(key, decodeActionResult(bytes, fn));
      }
      return undefined;
    },
    async put(key, asset, references) {
      await actionCache.put(
        entryDigest(key, asset.digest.fn),
        encodeActionResult(resultOf(key, asset, references)),
        ENTRIES,
      );
      for (const fn of digestFunctions)
        if (fn !== asset.digest.fn) await actionCache.remove(entryDigest(key, fn), ENTRIES);
    },
  };
}

function entryDigest({ instanceName, kind, uri, qualifiers }: AssetKey, fn: DigestFunction): Digest {
  const text = JSON.stringify([instanceName, kind, uri, ...qualifiers.map(({ name, value }) => [name, value])]);
  return { fn, hash: createHash("sha256").update(text).digest("hex"), sizeBytes: Buffer.byteLength(text) };
}

function resultOf({ kind }: AssetKey, asset: Asset, references: AssetReferences): ActionResult {
  const blobs = kind === "blob" ? [asset.digest, ...references.blobs] : references.blobs;
  const directories = kind === "blob" ? references.directories : [asset.digest, ...references.directories];
  const { pushedMs, expiresMs } = asset;
  return {
    outputFiles: blobs.map((digest, i) => ({ path: byteStringOf(`blob${String(i)}`), digest, isExecutable: false })),
    outputDirectories: directories.map((rootDirectoryDigest, i) => ({
      path: byteStringOf(`directory${String(i)}`),
      rootDirectoryDigest,
    })),
    outputSymlinks: [],
    exitCode: 0,
    stdoutRaw: Buffer.from(JSON.stringify({ pushedMs, ...(expiresMs === undefined ? {} : { expiresMs }) })),
  };
}

function assetOf({ kind }: AssetKey, result: ActionResult): Asset {
  const digest = kind === "blob" ? result.outputFiles[0]?.digest : result.outputDirectories[0]?.rootDirectoryDigest;
  if (digest === undefined || result.stdoutRaw === undefined) throw new Error("an entry for an asset is no asset's");
  return { digest, ...(JSON.parse(Buffer.from(result.stdoutRaw).toString()) as Omit<Asset, "digest">) };
}
