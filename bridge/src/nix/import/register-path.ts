import { isDerivationPath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { readFileAt, type PathInfo } from "../../store/index.js";
import type { ImportContext } from "./import-context.js";

/** Larger than the contents of any derivation. */
const DERIVATION_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Makes a path valid whose contents are stored and checked. A derivation is looked into first: what it says of its outputs is believed later.
 *
 * @param contents of a derivation, if they are at hand.
 * @throws StatusError InvalidArgument for a derivation that lies; FailedPrecondition for references that are not valid, with Nix's text.
 */
export async function registerPath(context: ImportContext, info: PathInfo, contents?: Uint8Array): Promise<void> {
  const { store, storeDir } = context;
  const missing = await missingReference(context, info);
  if (missing !== undefined)
    throw new StatusError(
      Code.FailedPrecondition,
      `cannot register '${storeDir}/${info.path}': its reference '${storeDir}/${missing}' is not valid`,
    );
  let remember: (() => void) | undefined;
  if (isDerivationPath(info.path)) {
    if (info.node.type !== "file" || info.node.size > DERIVATION_BYTES_MAX)
      throw new StatusError(Code.InvalidArgument, `'${storeDir}/${info.path}' is no derivation`);
    remember = await context.checker.check(info.path, contents ?? (await readFileAt(store, info.node, "")));
  }
  await store.pathInfos.putMany([info]);
  remember?.();
}

async function missingReference(
  { store }: Pick<ImportContext, "store">,
  { path, references }: PathInfo,
): Promise<string | undefined> {
  const others = references.filter((reference) => reference !== path);
  if (others.length === 0) return undefined;
  const infos = await store.pathInfos.getMany(others);
  return others[infos.indexOf(undefined)];
}
