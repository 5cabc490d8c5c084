import { logNoteKey } from "../../../coordinator/index.js";
import { digestOf } from "../../../digest/index.js";
import { isDerivationPath, parseStorePath, StorePathError, type StorePath } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { verifyStore as verify, type StoreProblem, type VerifyReport } from "../../../store/index.js";
import {
  findRealisation,
  parseRealisation,
  parseRealisationId,
  realisationJson,
  rememberRealisations,
} from "../../realisations.js";
import type { Call } from "../call.js";
import { REALISATION_WITH_PATH } from "../protocol.js";
import { TEXT_BYTES_MAX } from "../wire/limits.js";
import { rebuildFor } from "./building.js";
import { repairPath } from "./repairing.js";
import { readStorePath, storePathOf, writePath } from "../wire/values.js";

/** Signatures of one path: as many as somebody has keys. */
const SIGNATURES_MAX = 1_000;

export async function addSignatures({ reader, daemon, session, reply }: Call): Promise<undefined> {
  const later = await readStorePath(reader, daemon.storeDir);
  const signatures = await reader.list("signatures", () => reader.text("signature"), SIGNATURES_MAX);
  if (!session.isTrusted) throw new StatusError(Code.PermissionDenied, "you are not privileged to add signatures");
  const path = later();
  const { pathInfos } = daemon.store;
  const info = await pathInfos.get(path);
  if (info === undefined) throw new StatusError(Code.NotFound, `path '${daemon.storeDir}/${path}' is not valid`);
  const all = new Set([...info.signatures, ...signatures]);
  if (all.size > SIGNATURES_MAX)
    throw new StatusError(Code.ResourceExhausted, `path '${daemon.storeDir}/${path}' has too many signatures`);
  await pathInfos.putMany([{ ...info, signatures: [...all].sort() }]);
  reply.number(1);
  return undefined;
}

/** The log of a build that was made elsewhere. */
export async function addBuildLog(call: Call): Promise<undefined> {
  const { reader, daemon, session, reply } = call;
  const name = await reader.text("derivation");
  const source = call.framed("build log");
  if (!session.isTrusted) throw new StatusError(Code.PermissionDenied, "you are not privileged to add logs");
  const drvPath = baseNameOf(name);
  if (!isDerivationPath(drvPath)) throw new StatusError(Code.InvalidArgument, `'${name}' is no derivation`);
  const { hash, sizeBytes } = digestOf(await daemon.store.blobs.write(source), "blake3");
  await daemon.store.notes.put(logNoteKey(drvPath), Buffer.from(`${hash}/${sizeBytes}`));
  reply.number(1);
  return undefined;
}

function baseNameOf(name: string): StorePath {
  try {
    return parseStorePath(name);
  } catch (cause) {
    if (cause instanceof StorePathError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}

/** @returns whether something is damaged; the client is told what. */
export async function verifyStore(call: Call): Promise<undefined> {
  const { reader, daemon, session, channel, reply } = call;
  const contents = await reader.bool("check contents");
  const repair = await reader.bool("repair");
  if (repair && !session.isTrusted)
    throw new StatusError(Code.PermissionDenied, "you are not privileged to repair paths");
  const look = (): Promise<VerifyReport> => call.cancellable((signal) => verify(daemon.store, { contents, signal }));
  let { problems } = await look();
  for (const { subject, message } of problems) channel.sayError(`${subject}: ${message}`);
  if (repair && problems.length > 0) {
    await repairAll(call, problems);
    ({ problems } = await look());
  }
  reply.bool(problems.length > 0);
  return undefined;
}

/** Repairs the paths that were found to be damaged, as far as possible. */
async function repairAll(call: Call, problems: readonly StoreProblem[]): Promise<void> {
  const damaged = new Set(problems.flatMap(({ kind, subject }) => (kind === "path-info" ? [subject] : [])));
  for (const path of damaged) {
    const info = await call.daemon.store.pathInfos.get(baseNameOf(path));
    try {
      if (info !== undefined) await repairPath(call, info, undefined, rebuildFor(call));
    } catch (reason) {
      if (call.channel.gone.aborted) throw reason;
      call.channel.sayError(StatusError.from(reason).message);
    }
  }
}

/** Equal contents are stored once anyway. */
export async function optimiseStore({ reply }: Call): Promise<undefined> {
  reply.number(1);
  return undefined;
}

export async function registerDrvOutput({ reader, daemon, session }: Call): Promise<undefined> {
  const { pathInfos, notes } = daemon.store;
  const checkTrust = (what: string): void => {
    if (!session.isTrusted)
      throw new StatusError(
        Code.PermissionDenied,
        `cannot register realisation '${what}' because it lacks a signature by a trusted key`,
      );
  };
  if (session.features.has(REALISATION_WITH_PATH)) {
    const drvPath = await readStorePath(reader, daemon.storeDir);
    const name = await reader.text("output name");
    const path = await readStorePath(reader, daemon.storeDir);
    await reader.list("signatures", () => reader.text("signature"), SIGNATURES_MAX);
    checkTrust(`${drvPath()}^${name}`);
    await pathInfos.putRealisation(drvPath(), name, path());
    return undefined;
  }
  if (session.minor < 31) {
    const text = await reader.text("realisation");
    const path = await reader.text("path");
    checkTrust(text);
    await remember(text, storePathOf(daemon.storeDir, path));
    return undefined;
  }
  const text = await reader.text("realisation", TEXT_BYTES_MAX);
  const { id, outPath } = parseRealisation(text);
  checkTrust(id);
  await remember(id, outPath);
  return undefined;

  async function remember(idText: string, path: StorePath): Promise<void> {
    const id = parseRealisationId(idText);
    if (id === undefined) throw new StatusError(Code.InvalidArgument, `Invalid derivation output id ${idText}`);
    await rememberRealisations(notes, [{ ...id, path }]);
  }
}

export async function queryRealisation({ reader, daemon, session, reply }: Call): Promise<undefined> {
  const { pathInfos, notes } = daemon.store;
  if (session.features.has(REALISATION_WITH_PATH)) {
    const drvPath = (await readStorePath(reader, daemon.storeDir))();
    const path = await pathInfos.getRealisation(drvPath, await reader.text("output name"));
    reply.bool(path !== undefined);
    if (path === undefined) return undefined;
    writePath(reply, daemon.storeDir, path);
    reply.number(0);
    return undefined;
  }
  const text = await reader.text("realisation");
  const id = parseRealisationId(text);
  if (id === undefined) throw new StatusError(Code.InvalidArgument, `Invalid derivation output id ${text}`);
  const path = await findRealisation(notes, id.hash, id.name);
  const isValid = path !== undefined && (await pathInfos.get(path)) !== undefined;
  reply.number(isValid ? 1 : 0);
  if (!isValid) return undefined;
  if (session.minor < 31) writePath(reply, daemon.storeDir, path);
  else reply.text(realisationJson(text, path));
  return undefined;
}
