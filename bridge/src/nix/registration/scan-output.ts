import { createHasher } from "../../digest/index.js";
import { createReferenceScanner, hashPartOf, type CastoreNode, type StorePath } from "../../formats/index.js";
import { narOf, type Store } from "../../store/index.js";

/** What one pass over an output's archive finds. */
export interface ScannedOutput {
  readonly node: CastoreNode;
  /** 64 lower-case hex digits. */
  readonly narHash: string;
  readonly narSizeBytes: number;
  /** Sorted; may hold the output itself. */
  readonly references: readonly StorePath[];
}

/**
 * Hashes an output's archive and looks in it for the hash parts of `candidates`: in names, targets and contents, as Nix does, since all of
 * these are in the archive.
 *
 * @throws StatusError NotFound if contents are gone; DataLoss.
 */
export async function scanOutput(
  store: Store,
  node: CastoreNode,
  candidates: Iterable<StorePath>,
  signal?: AbortSignal,
): Promise<ScannedOutput> {
  const byHashPart = new Map<string, StorePath>();
  for (const path of candidates) byHashPart.set(hashPartOf(path), path);
  const scanner = createReferenceScanner(byHashPart.keys());
  const hasher = createHasher("sha256");
  let narSizeBytes = 0;
  for await (const bytes of narOf(store, node, signal === undefined ? {} : { signal })) {
    hasher.update(bytes);
    scanner.push(bytes);
    narSizeBytes += bytes.byteLength;
  }
  const references = [...scanner.found()].map((hashPart) => byHashPart.get(hashPart)!).sort();
  return { node, narHash: hasher.digest(), narSizeBytes, references };
}
