import {
  printStorePath,
  type CastoreNode,
  type ContentAddressMethod,
  type HashAlgorithm,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../../coordinator/build.js";
import { Code, StatusError } from "../../status/index.js";
import { digestOfFile, narOf, type Store } from "../../store/index.js";
import { createContentHasher } from "./content-hasher.js";
import { hashModuloSelf } from "./hash-rewriting.js";
import type { ScannedOutput } from "./scan-output.js";

/** Which hash of an output is wanted. */
export interface WantedHash {
  readonly method: ContentAddressMethod;
  readonly algorithm: HashAlgorithm;
  /** Where the output is, for messages. */
  readonly path: StorePath;
  readonly storeDir: string;
  /** To be taken as zeros, if the output refers to itself. */
  readonly selfHashPart?: string;
}

/**
 * The hash of an output's contents by some method, in lower-case hex.
 *
 * @throws BuildFailure OutputRejected with Nix's text if the method is for plain files and this is none; StatusError of the store.
 */
export async function contentHash(store: Store, output: ScannedOutput, wanted: WantedHash): Promise<string> {
  const { method, algorithm, selfHashPart } = wanted;
  if (method === "git")
    throw new BuildFailure(BuildStatus.InputRejected, "outputs addressed by their Git hash are not supported");
  const source = (): AsyncIterable<Uint8Array> =>
    method === "nar" ? narOf(store, output.node) : store.blobs.read(digestOfFile(plainFile(output.node, wanted)));
  if (selfHashPart !== undefined) return hashModuloSelf(source(), algorithm, selfHashPart);
  if (algorithm === "sha256") {
    if (method === "nar") return output.narHash;
    const info = await store.blobs.stat(digestOfFile(plainFile(output.node, wanted)));
    if (info === undefined) throw new StatusError(Code.NotFound, `contents of '${wanted.path}' are gone`);
    return info.sha256;
  }
  const hasher = createContentHasher(algorithm);
  for await (const bytes of source()) hasher.update(bytes);
  return hasher.digest();
}

function plainFile(node: CastoreNode, { method, path, storeDir }: WantedHash): CastoreNode & { readonly type: "file" } {
  if (node.type === "file" && !node.executable) return node;
  throw new BuildFailure(
    BuildStatus.OutputRejected,
    `output path '${printStorePath(storeDir, path)}' should be a non-executable regular file ` +
      `since recursive hashing is not enabled (outputHashMode=${method})`,
  );
}
