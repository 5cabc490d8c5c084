import { emptyHash, hashBytes } from "../../digest/index.js";
import {
  CastoreError,
  acceptsSize,
  decodeDirectory,
  encodeDirectory,
  type CastoreDirectory,
} from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { DirectoryStore } from "../directory-store.js";
import { encodeLastUse } from "../index-db/usage-log.js";
import type { StoreCore } from "../store-core.js";

/** Bytes of the last use before the message. */
const MESSAGE_AT = 4;

const emptyDirectory: CastoreDirectory = { entries: [] };

/** Castore directories in table `directories`: the raw digest → last use (4), canonical message. */
export function createDirectoryStore(core: StoreCore): DirectoryStore {
  const table = core.index.tables.directories;
  return {
    async get(digest) {
      return readDirectory(core, digest);
    },
    async putMany(directories) {
      const encoded = directories.map(encode);
      const byDigest = new Map(encoded.map(({ digest, directory }) => [digest, directory]));
      await core.gate.shared(() =>
        core.index.write(() => {
          checkChildren(core, encoded, byDigest);
          const lastUse = encodeLastUse(core.usage.nowSeconds());
          for (const { digest, message } of encoded)
            if (digest !== emptyHash.blake3) table.put(Buffer.from(digest, "hex"), Buffer.concat([lastUse, message]));
        }),
      );
      return encoded.map(({ digest }) => digest);
    },
  };
}

/** {@link DirectoryStore.get}, at once. */
export function readDirectory(core: StoreCore, digest: string): CastoreDirectory | undefined {
  if (digest === emptyHash.blake3) return emptyDirectory;
  const key = Buffer.from(digest, "hex");
  const value = core.index.tables.directories.get(key);
  if (value === undefined) return undefined;
  core.usage.touch("directories", key, value);
  const message = value.subarray(MESSAGE_AT);
  if (hashBytes("blake3", message) !== digest)
    throw new StatusError(Code.DataLoss, `directory ${digest} is damaged in the index`);
  return decodeDirectory(message);
}

/** Whether a directory is here. */
export function hasDirectory(core: StoreCore, digest: string): boolean {
  return digest === emptyHash.blake3 || core.index.tables.directories.has(Buffer.from(digest, "hex"));
}

interface Encoded {
  readonly directory: CastoreDirectory;
  readonly message: Uint8Array;
  readonly digest: string;
}

function encode(directory: CastoreDirectory): Encoded {
  try {
    const message = encodeDirectory(directory);
    return { directory, message, digest: hashBytes("blake3", message) };
  } catch (error) {
    if (error instanceof CastoreError)
      throw new StatusError(Code.InvalidArgument, `malformed directory: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Each child is in the store or earlier in the list, and as large as its parent says by one of the two rules in use. */
function checkChildren(
  core: StoreCore,
  encoded: readonly Encoded[],
  listed: ReadonlyMap<string, CastoreDirectory>,
): void {
  const earlier = new Set<string>();
  for (const { directory, digest } of encoded) {
    for (const { node } of directory.entries) {
      if (node.type !== "directory") continue;
      const child = earlier.has(node.digest) ? listed.get(node.digest) : readDirectory(core, node.digest);
      if (child === undefined)
        throw new StatusError(
          Code.FailedPrecondition,
          `directory ${digest} names directory ${node.digest}, which is neither in the store nor before it in the list`,
        );
      if (!acceptsSize(child, node.size))
        throw new StatusError(
          Code.InvalidArgument,
          `directory ${digest} gives directory ${node.digest} the wrong size ${String(node.size)}`,
        );
    }
    earlier.add(digest);
  }
}
