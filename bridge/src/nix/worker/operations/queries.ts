import { findValidOutputs } from "../../../coordinator/index.js";
import { isNixBase32, type DerivationOutput, type StorePath } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import { narOf, type PathInfo } from "../../../store/index.js";
import type { FoundPath } from "../../substitute/index.js";
import type { Call } from "../call.js";
import { substituteMissing, substituterOf, warningsTo } from "./substituting.js";
import { readStorePath, readStorePaths, storePathOf, writePath, writePaths, writeUnkeyedInfo } from "../wire/values.js";

async function pathOf({ reader, daemon }: Call): Promise<StorePath> {
  return (await readStorePath(reader, daemon.storeDir))();
}

/** @throws StatusError NotFound with Nix's words, in which clients look. */
async function infoOf(call: Call, path: StorePath): Promise<PathInfo> {
  const info = await call.daemon.store.pathInfos.get(path);
  if (info === undefined) throw new StatusError(Code.NotFound, `path '${call.daemon.storeDir}/${path}' is not valid`);
  return info;
}

export async function isValidPath(call: Call): Promise<undefined> {
  const path = await pathOf(call);
  const isValid = (await call.daemon.store.pathInfos.get(path)) !== undefined;
  // Clients that share a file system read it next.
  if (isValid) await call.daemon.files?.show([path]);
  call.reply.bool(isValid);
  return undefined;
}

export async function queryPathInfo(call: Call): Promise<undefined> {
  const info = await call.daemon.store.pathInfos.get(await pathOf(call));
  if (info !== undefined) await call.daemon.files?.show([info.path]);
  call.reply.bool(info !== undefined);
  if (info !== undefined) writeUnkeyedInfo(call.reply, call.daemon.storeDir, info);
  return undefined;
}

export async function queryReferrers(call: Call): Promise<undefined> {
  const { store, storeDir } = call.daemon;
  const path = await pathOf(call);
  const info = await store.pathInfos.get(path);
  const referrers = await store.pathInfos.referrers(path);
  // Nix counts a path among its own referrers.
  const self = info?.references.includes(path) === true ? [path] : [];
  writePaths(call.reply, storeDir, new Set([...referrers, ...self]));
  return undefined;
}

export async function queryDeriver(call: Call): Promise<undefined> {
  writePath(call.reply, call.daemon.storeDir, (await infoOf(call, await pathOf(call))).deriver);
  return undefined;
}

export async function queryValidPaths(call: Call): Promise<undefined> {
  const { reader, session, daemon, reply } = call;
  const later = await readStorePaths(reader, daemon.storeDir);
  const substitute = session.minor >= 27 && (await reader.bool("substitute"));
  const paths = [...new Set(later())];
  if (substitute) await substituteMissing(call, paths);
  const infos = await daemon.store.pathInfos.getMany(paths);
  const valid = paths.filter((_, i) => infos[i] !== undefined);
  await call.keep(valid);
  writePaths(reply, daemon.storeDir, valid);
  return undefined;
}

export async function queryAllValidPaths({ daemon, reply }: Call): Promise<undefined> {
  const paths: StorePath[] = [];
  for await (const { path } of daemon.store.pathInfos.list()) paths.push(path);
  writePaths(reply, daemon.storeDir, paths);
  return undefined;
}

export async function queryPathFromHashPart({ reader, daemon, reply }: Call): Promise<undefined> {
  const hashPart = await reader.text("hash part");
  if (hashPart.length !== 32 || !isNixBase32(hashPart))
    throw new StatusError(Code.InvalidArgument, `'${hashPart}' is not the hash part of a store path`);
  writePath(reply, daemon.storeDir, (await daemon.store.pathInfos.getByHashPart(hashPart))?.path);
  return undefined;
}

/** There is one deriver that is known of a path; it counts only while it is there. */
export async function queryValidDerivers(call: Call): Promise<undefined> {
  const { store, storeDir } = call.daemon;
  const deriver = (await store.pathInfos.get(await pathOf(call)))?.deriver;
  const isValid = deriver !== undefined && (await store.pathInfos.get(deriver)) !== undefined;
  writePaths(call.reply, storeDir, isValid ? [deriver] : []);
  return undefined;
}

async function outputsOf(call: Call): Promise<ReadonlyMap<string, StorePath | undefined>> {
  const { derivations, store } = call.daemon;
  const drvPath = await pathOf(call);
  const drv = await derivations.load(drvPath);
  const known = new Map<string, StorePath | undefined>();
  const built = await findValidOutputs(store.pathInfos, drvPath, drv.outputs);
  for (const [name, output] of drv.outputs) known.set(name, statedPath(output) ?? built.get(name));
  return known;
}

function statedPath(output: DerivationOutput): StorePath | undefined {
  return "path" in output ? output.path : undefined;
}

export async function queryDerivationOutputs(call: Call): Promise<undefined> {
  const outputs = await outputsOf(call);
  const paths = [...outputs.values()].filter((path) => path !== undefined);
  writePaths(call.reply, call.daemon.storeDir, paths);
  return undefined;
}

export async function queryDerivationOutputNames(call: Call): Promise<undefined> {
  call.reply.texts([...(await outputsOf(call)).keys()].sort());
  return undefined;
}

export async function queryDerivationOutputMap(call: Call): Promise<undefined> {
  const outputs = await outputsOf(call);
  call.reply.list([...outputs].sort(), ([name, path]) => {
    call.reply.text(name);
    writePath(call.reply, call.daemon.storeDir, path);
  });
  return undefined;
}

/** Those that some cache has which wants to be asked for many. */
export async function querySubstitutablePaths(call: Call): Promise<undefined> {
  const { reader, daemon, reply } = call;
  const paths = (await readStorePaths(reader, daemon.storeDir))();
  const found = await findSubstitutes(call, paths, true);
  writePaths(reply, daemon.storeDir, found.keys());
  return undefined;
}

export async function querySubstitutablePathInfo(call: Call): Promise<undefined> {
  const path = await pathOf(call);
  const found = (await findSubstitutes(call, [path], false)).get(path);
  call.reply.bool(found !== undefined);
  if (found !== undefined) writeSubstitutable(call, found);
  return undefined;
}

export async function querySubstitutablePathInfos(call: Call): Promise<undefined> {
  const { reader, session, daemon, reply } = call;
  const texts = await reader.list("paths", async () => {
    const text = await reader.text("path");
    if (session.minor >= 22) await reader.text("content address");
    return text;
  });
  const paths = texts.map((text) => storePathOf(daemon.storeDir, text));
  reply.list([...(await findSubstitutes(call, paths, false))], ([path, found]) => {
    writePath(reply, daemon.storeDir, path);
    writeSubstitutable(call, found);
  });
  return undefined;
}

async function findSubstitutes(
  call: Call,
  paths: readonly StorePath[],
  massQuery: boolean,
): Promise<Map<StorePath, FoundPath>> {
  const substituter = substituterOf(call);
  if (substituter === undefined) return new Map();
  const onEvent = warningsTo(call);
  return await call.cancellable(async (signal) => {
    const found = await Promise.all(paths.map((path) => substituter.find(path, { signal, onEvent, massQuery })));
    return new Map(paths.flatMap((path, i) => (found[i] === undefined ? [] : [[path, found[i]] as const])));
  });
}

function writeSubstitutable({ reply, daemon: { storeDir } }: Call, { offer }: FoundPath): void {
  writePath(reply, storeDir, offer.info.deriver);
  writePaths(reply, storeDir, offer.info.references);
  reply.number(offer.downloadBytes).number(offer.info.narSizeBytes);
}

/** Its archive, which has no frame and no length: everything that can fail should do so before. */
export async function narFromPath(call: Call): Promise<AsyncIterable<Uint8Array>> {
  const info = await infoOf(call, await pathOf(call));
  return narOf(call.daemon.store, info.node);
}
