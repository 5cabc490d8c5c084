import { blobResourceName, emptyHash, type Digest } from "../../digest/index.js";
import type { CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { StoreCore } from "../store-core.js";
import { walkCastore } from "./castore-walk.js";
import { readDirectory } from "./create-directory-store.js";

/** Named in one error at most: enough for a client to go on with, small enough for the trailers of a gRPC answer (8 KiB is common). */
const MISSING_MAX = 64;

/** Castore directories found whole, remembered in memory until something vanishes. */
const REMEMBERED_MAX = 200_000;

/** Tells whether everything below something is here. */
export interface Completeness {
  /** @throws StatusError FailedPrecondition, naming what is missing. */
  checkNode(node: CastoreNode, what: string): Promise<void>;
  /** Every blob here, by either digest? Returns the absent ones. Counts as use. */
  missing(digests: Iterable<Digest>): Digest[];
}

export function createCompleteness(core: StoreCore): Completeness {
  let whole = new Set<string>();
  let generation = -1;

  function hasFile(hash: string, sizeBytes: number): boolean {
    if (hash === emptyHash.blake3) return sizeBytes === 0;
    return core.blobIndex.use({ fn: "blake3", hash, sizeBytes });
  }

  async function checkNode(node: CastoreNode, what: string): Promise<void> {
    const now = core.generation.current();
    if (generation !== now || whole.size > REMEMBERED_MAX) whole = new Set();
    generation = now;
    const absent: Digest[] = [];
    const visited: string[] = [];
    const check = (child: CastoreNode): void => {
      if (child.type === "file" && !hasFile(child.digest, child.size))
        absent.push({ fn: "blake3", hash: child.digest, sizeBytes: child.size });
    };
    check(node);
    let missingDirectory: string | undefined;
    await walkCastore(
      node,
      (digest) => (whole.has(digest) ? undefined : readDirectory(core, digest)),
      (digest, directory) => {
        if (whole.has(digest)) return false;
        if (directory === undefined) missingDirectory ??= digest;
        else for (const { node: child } of directory.entries) check(child);
        visited.push(digest);
        return absent.length < MISSING_MAX;
      },
    );
    if (missingDirectory !== undefined)
      throw new StatusError(
        Code.FailedPrecondition,
        `${what} names directory ${missingDirectory}, which is not in the store`,
      );
    if (absent.length > 0) throw missingBlobs(what, absent);
    for (const digest of visited) whole.add(digest);
  }

  return {
    checkNode,
    missing(digests) {
      const absent = new Map<string, Digest>();
      for (const digest of digests) {
        if (digest.sizeBytes === 0 && digest.hash === emptyHash[digest.fn]) continue;
        if (!core.blobIndex.use(digest)) absent.set(blobResourceName(digest), digest);
      }
      return [...absent.values()];
    },
  };
}

/** The error that names absent blobs, as clients need it to upload exactly those. */
export function missingBlobs(what: string, absent: readonly Digest[]): StatusError {
  const subjects = absent.slice(0, MISSING_MAX).map(blobResourceName);
  const more = absent.length > subjects.length ? `, and ${String(absent.length - subjects.length)} more` : "";
  return new StatusError(
    Code.FailedPrecondition,
    `${what} names blobs that are not in the store: ${subjects.slice(0, 3).join(", ")}${absent.length > 3 && more === "" ? ", …" : more}`,
    { details: [{ kind: "missing-blobs", subjects }] },
  );
}
