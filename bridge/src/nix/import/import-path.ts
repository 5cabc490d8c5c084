import { formatContentAddress, formatNixHash, hashPartOf } from "../../formats/index.js";
import { BuildFailure } from "../../coordinator/index.js";
import { Code, StatusError } from "../../status/index.js";
import { importNar, type AddedPath } from "../../store/index.js";
import { contentHash } from "../registration/content-address.js";
import type { ImportContext } from "./import-context.js";
import type { PathDescription } from "./path-description.js";
import { registerPath } from "./register-path.js";
import { isSigned, pathFollows } from "./vouch.js";

/** How far the one who sends a path is believed. */
export interface ImportOptions {
  /** Store it again although it is there. */
  readonly repair: boolean;
  /** Take a path that nothing proves. Only for trusted clients. */
  readonly acceptUnsigned: boolean;
  /** Awaited when the contents are stored and checked: what the path refers to may be on its way until then. */
  readonly beforeRegistration?: () => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/**
 * Makes a path valid as somebody else describes it, if its contents are what it says and a signature or a content address vouches for it.
 *
 * Source: Nix, `LocalStore::addToStore` in src/libstore/local-store.cc.
 *
 * @param source its archive; not read if the path is there already.
 * @throws StatusError InvalidArgument with Nix's text; FailedPrecondition for references that are not valid.
 */
export async function importPath(
  context: ImportContext,
  info: PathDescription,
  source: AsyncIterable<Uint8Array>,
  { repair, acceptUnsigned, beforeRegistration, signal }: ImportOptions,
): Promise<void> {
  const { store } = context;
  if (!repair && (await store.pathInfos.get(info.path)) !== undefined) return;
  checkVouched(context, info, acceptUnsigned);
  const added = await importNar(store, source, signal === undefined ? {} : { signal });
  await registerImported(context, info, added, {
    acceptUnsigned,
    ...(beforeRegistration !== undefined && { beforeRegistration }),
  });
}

/** Whether a path may be believed, before its contents are looked at. @throws StatusError InvalidArgument with Nix's text. */
export function checkVouched(context: ImportContext, info: PathDescription, acceptUnsigned: boolean): void {
  const full = `${context.storeDir}/${info.path}`;
  const isAddressed = pathFollows(context.storeDir, info);
  if (info.ca !== undefined && !isAddressed) throw refused(`path '${full}' claims to be content-addressed but isn't`);
  if (!isAddressed && !acceptUnsigned && !isSigned(context, info))
    throw refused(`cannot add path '${full}' because it lacks a signature by a trusted key`);
}

/**
 * Makes a path valid that {@link checkVouched} let through, and whose contents are stored, if they are what it says.
 *
 * @throws StatusError as {@link importPath}.
 */
export async function registerImported(
  context: ImportContext,
  info: PathDescription,
  added: AddedPath,
  { acceptUnsigned, beforeRegistration }: Pick<ImportOptions, "acceptUnsigned" | "beforeRegistration">,
): Promise<void> {
  const full = `${context.storeDir}/${info.path}`;
  if (added.narHash !== info.narHash) throw mismatch("hash", full, nixHash(info.narHash), nixHash(added.narHash));
  if (added.narSizeBytes !== info.narSizeBytes)
    throw mismatch("size", full, String(info.narSizeBytes), String(added.narSizeBytes));
  await checkContentAddress(context, info, added);
  await beforeRegistration?.();
  await registerPath(context, {
    ...info,
    node: added.node,
    registrationTime: Math.floor(context.clock.nowMs() / 1000),
    ultimate: info.ultimate === true && acceptUnsigned,
  });
}

async function checkContentAddress(context: ImportContext, info: PathDescription, added: AddedPath): Promise<void> {
  const { ca, path, references } = info;
  if (ca === undefined) return;
  const { storeDir, store } = context;
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
