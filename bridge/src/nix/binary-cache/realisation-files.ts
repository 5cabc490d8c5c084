import { verifySignature, type StorePath } from "../../formats/index.js";
import { collect, sendBytes, sendText, type Exchange } from "../../http/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../../store/index.js";
import type { ImportContext } from "../import/import-context.js";
import {
  findRealisation,
  parseBuildTrace,
  parseRealisation,
  parseRealisationId,
  realisationJson,
  rememberRealisations,
} from "../realisations.js";

/** A realisation has two paths, a hash and signatures. */
const REALISATION_BYTES_MAX = 64 * 1024;

/** What an output was built to, by the hash of its derivation: `realisations/sha256:…!out.doi`, up to Nix 2.34. */
export async function sendRealisation(exchange: Exchange, { pathInfos, notes }: Store, id: string): Promise<void> {
  const parts = parseRealisationId(id);
  const path = parts && (await findRealisation(notes, parts.hash, parts.name));
  if (path === undefined || (await pathInfos.get(path)) === undefined) throw unknown();
  sendBytes(exchange, "application/json", Buffer.from(realisationJson(id, path)));
}

/**
 * @param isTrusted - whether the caller may say so without a signature.
 * @throws StatusError InvalidArgument, also for one that is not believed; FailedPrecondition if the path is not valid.
 */
export async function takeRealisation(
  exchange: Exchange,
  { store, publicKeys }: Pick<ImportContext, "store" | "publicKeys">,
  { id, isTrusted }: { readonly id: string; readonly isTrusted: boolean },
): Promise<void> {
  const realisation = parseRealisation(await textOf(exchange));
  const { signatures, fingerprint } = realisation;
  if (!isTrusted && !signatures.some((signature) => verifySignature(publicKeys, fingerprint, signature)))
    throw new StatusError(
      Code.InvalidArgument,
      `cannot register realisation '${id}' because it lacks a signature by a trusted key`,
    );
  if (realisation.id !== id) throw new StatusError(Code.InvalidArgument, `this is not the realisation '${id}'`);
  await checkValid(store, realisation.outPath);
  const { hash, name } = parseRealisationId(id)!;
  await rememberRealisations(store.notes, [{ hash, name, path: realisation.outPath }]);
  sendText(exchange, 200, "stored");
}

/** The same by derivation and output: `build-trace-v2/DERIVATION/out.doi`, since Nix 2.35. */
export async function sendBuildTrace(
  exchange: Exchange,
  { pathInfos }: Store,
  { drvPath, output }: { readonly drvPath: StorePath; readonly output: string },
): Promise<void> {
  const path = await pathInfos.getRealisation(drvPath, output);
  if (path === undefined || (await pathInfos.get(path)) === undefined) throw unknown();
  sendBytes(exchange, "application/json", Buffer.from(JSON.stringify({ outPath: path, signatures: [] })));
}

/** @throws StatusError InvalidArgument; FailedPrecondition if the path is not valid. */
export async function takeBuildTrace(
  exchange: Exchange,
  store: Store,
  { drvPath, output }: { readonly drvPath: StorePath; readonly output: string },
): Promise<void> {
  const path = parseBuildTrace(await textOf(exchange));
  await checkValid(store, path);
  await store.pathInfos.putRealisation(drvPath, output, path);
  sendText(exchange, 200, "stored");
}

const textOf = async (exchange: Exchange): Promise<string> =>
  (await collect(exchange.body(), REALISATION_BYTES_MAX)).toString("utf8");

async function checkValid({ pathInfos }: Store, path: StorePath): Promise<void> {
  if ((await pathInfos.get(path)) === undefined)
    throw new StatusError(Code.FailedPrecondition, `path '${path}' is not valid: upload it before its realisation`);
}

const unknown = (): StatusError => new StatusError(Code.NotFound, "there is no such realisation here");
