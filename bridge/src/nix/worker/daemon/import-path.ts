import {
  fingerprintOf,
  formatContentAddress,
  formatNixHash,
  hashPartOf,
  makeFixedOutputPath,
  nameOf,
  StorePathError,
  verifySignature,
} from "../../../formats/index.js";
import { BuildFailure } from "../../../coordinator/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { importNar, type AddedPath } from "../../../store/index.js";
import { contentHash } from "../../registration/content-address.js";
import type { WirePathInfo } from "../wire/values.js";
import type { Daemon } from "./daemon.js";
import { registerPath } from "./register-path.js";

/** How far the one who sends a path is believed. */
export interface ImportOptions {
  /** Store it again although it is there. */
  readonly repair: boolean;
  /** Take a path that nothing proves. Only for trusted clients. */
  readonly acceptUnsigned: boolean;
}

/**
 * Makes a path valid as a client describes it, if its contents are what it says and a signature or a content address vouches for it.
 *
 * Source: Nix, `LocalStore::addToStore` in src/libstore/local-store.cc.
 *
 * @param source its archive; not read if the path is there already.
 * @throws StatusError InvalidArgument with Nix's text; FailedPrecondition for references that are not valid.
 */
export async function importPath(
  daemon: Daemon,
  info: WirePathInfo,
  source: AsyncIterable<Uint8Array>,
  { repair, acceptUnsigned }: ImportOptions,
): Promise<void> {
  const { store, storeDir } = daemon;
  const full = `${storeDir}/${info.path}`;
  if (!repair && (await store.pathInfos.get(info.path)) !== undefined) return;
  const isAddressed = info.ca !== undefined && pathFollows(daemon, info);
  if (info.ca !== undefined && !isAddressed) throw refused(`path '${full}' claims to be content-addressed but isn't`);
  if (!isAddressed && !acceptUnsigned && !isSigned(daemon, info))
    throw refused(`cannot add path '${full}' because it lacks a signature by a trusted key`);
  const added = await importNar(store, source);
  if (added.narHash !== info.narHash) throw mismatch("hash", full, nixHash(info.narHash), nixHash(added.narHash));
  if (added.narSizeBytes !== info.narSizeBytes)
    throw mismatch("size", full, String(info.narSizeBytes), String(added.narSizeBytes));
  await checkContentAddress(daemon, info, added);
  await registerPath(daemon, {
    ...info,
    node: added.node,
    registrationTime: Math.floor(daemon.clock.nowMs() / 1000),
    ultimate: info.ultimate && acceptUnsigned,
  });
}

function pathFollows({ storeDir }: Daemon, { path, ca, references }: WirePathInfo): boolean {
  try {
    const others = references.filter((reference) => reference !== path);
    const self = others.length < references.length;
    return makeFixedOutputPath(storeDir, nameOf(path), ca!, { references: others, self }) === path;
  } catch (cause) {
    if (cause instanceof StorePathError) return false;
    throw cause;
  }
}

function isSigned({ storeDir, publicKeys }: Daemon, info: WirePathInfo): boolean {
  if (info.signatures.length === 0 || publicKeys.length === 0) return false;
  const fingerprint = fingerprintOf(storeDir, info);
  return info.signatures.some((signature) => verifySignature(publicKeys, fingerprint, signature));
}

async function checkContentAddress(daemon: Daemon, info: WirePathInfo, added: AddedPath): Promise<void> {
  const { ca, path, references } = info;
  if (ca === undefined) return;
  const { storeDir, store } = daemon;
  const { method, hash } = ca;
  const wanted = {
    method: method === "text" ? ("flat" as const) : method,
    algorithm: hash.algorithm,
    path,
    storeDir,
    ...(references.includes(path) ? { selfHashPart: hashPartOf(path) } : {}),
  };
  let hex: string;
  try {
    hex = await contentHash(store, { ...added, references }, wanted);
  } catch (cause) {
    if (cause instanceof BuildFailure) throw refused(cause.message);
    throw cause;
  }
  if (hex === hash.hex) return;
  const got = { method, hash: { algorithm: hash.algorithm, hex } };
  throw mismatch("ca hash", `${storeDir}/${path}`, formatContentAddress(ca), formatContentAddress(got));
}

const nixHash = (hex: string): string => formatNixHash({ algorithm: "sha256", hex }, "nixbase32", { prefix: true });

function mismatch(what: string, path: string, specified: string, got: string): StatusError {
  return refused(`${what} mismatch importing path '${path}';\n  specified: ${specified}\n  got:       ${got}`);
}

function refused(message: string): StatusError {
  return new StatusError(Code.InvalidArgument, message);
}
