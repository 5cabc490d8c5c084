import {
  checkStorePathName,
  makeFixedOutputPath,
  printStorePath,
  type CastoreNode,
  type ContentAddress,
} from "../formats/index.js";
import { Code, StatusError } from "../status/index.js";
import type { Store } from "../store/index.js";

/** Contents that are in the store, and the name they are to have. */
export interface SourceRegistration {
  readonly storeDir: string;
  readonly name: string;
  readonly added: { readonly node: CastoreNode; readonly narHash: string; readonly narSizeBytes: number };
  readonly nowMs: number;
}

/**
 * Makes contents without references valid, under the path that their archive's hash gives: what `nix-store --add` does.
 *
 * @returns the full store path.
 * @throws StatusError InvalidArgument if the name cannot be that of a store path.
 */
export async function registerSource(store: Store, source: SourceRegistration): Promise<string> {
  const ca: ContentAddress = { method: "nar", hash: { algorithm: "sha256", hex: source.added.narHash } };
  checkSourceName(source.name);
  const path = makeFixedOutputPath(source.storeDir, source.name, ca, { references: [], self: false });
  if ((await store.pathInfos.get(path)) === undefined)
    await store.pathInfos.putMany([
      {
        path,
        node: source.added.node,
        narHash: source.added.narHash,
        narSizeBytes: source.added.narSizeBytes,
        references: [],
        ca,
        signatures: [],
        registrationTime: Math.floor(source.nowMs / 1000),
        ultimate: false,
      },
    ]);
  return printStorePath(source.storeDir, path);
}

/**
 * Whether contents can have this name, asked before they are read.
 *
 * @throws StatusError InvalidArgument.
 */
export function checkSourceName(name: string): void {
  try {
    checkStorePathName(name);
  } catch (cause) {
    throw new StatusError(
      Code.InvalidArgument,
      `'${name}' cannot be the name of a store path: ${(cause as Error).message}; choose another one with --name`,
      { cause },
    );
  }
}
