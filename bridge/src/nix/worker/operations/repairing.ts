import { findValidOutputs } from "../../../coordinator/index.js";
import type { CastoreNode, StorePath } from "../../../formats/index.js";
import { Code, hasCode, StatusError } from "../../../status/index.js";
import {
  closureOf,
  digestOfFile,
  hashNarOf,
  importNar,
  listTree,
  type PathInfo,
  type Store,
} from "../../../store/index.js";
import type { Call } from "../call.js";
import type { DerivedPath } from "../wire/derived-path.js";
import { substituterOf, warningsTo } from "./substituting.js";

/** An output of a derivation, which is valid. */
export interface MadeOutput {
  readonly drvPath: StorePath;
  readonly outputName: string;
}

/** Builds an output again, and compares it with what is registered. @returns why that failed, if it did. */
export type Rebuild = (output: MadeOutput) => Promise<string | undefined>;

/** Refuses what only those may ask for who are trusted. Its words are Nix's. */
export function checkMayRepair({ session }: Call): void {
  if (!session.isTrusted)
    throw new StatusError(Code.PermissionDenied, "repairing is not allowed because you are not in 'trusted-users'");
}

/**
 * Looks at everything that valid paths and outputs among the requests need to work, and repairs what is damaged. What is not valid is left to be
 * built.
 *
 * Source: Nix, `repairClosure` in src/libstore/build/derivation-goal.cc (derivation-building-goal.cc since 2.30).
 *
 * @throws StatusError DataLoss if a path cannot be repaired.
 */
export async function repairClosures(call: Call, requests: readonly DerivedPath[], rebuild: Rebuild): Promise<void> {
  const { store } = call.daemon;
  const makers = new Map<StorePath, MadeOutput>();
  const roots = new Set<StorePath>();
  for (const request of requests) {
    if (request.type === "opaque") {
      if ((await store.pathInfos.get(request.path)) !== undefined) roots.add(request.path);
      continue;
    }
    const { drvPath, outputs } = request;
    const drv = await call.daemon.derivations.load(drvPath);
    for (const [outputName, path] of await findValidOutputs(store.pathInfos, drvPath, drv.outputs)) {
      if (outputs !== "all" && !outputs.includes(outputName)) continue;
      roots.add(path);
      makers.set(path, { drvPath, outputName });
    }
  }
  for (const info of referencesFirst(await closureOf(store.pathInfos, roots)))
    await repairPath(call, info, makers.get(info.path), rebuild);
}

/**
 * Makes the contents of a valid path what they were, if they are not: fetched again, or built again.
 *
 * @param maker what it is an output of; by default what its deriver says.
 * @throws StatusError DataLoss if that is not possible.
 */
export async function repairPath(
  call: Call,
  info: PathInfo,
  maker: MadeOutput | undefined,
  rebuild: Rebuild,
): Promise<void> {
  const { store, storeDir } = call.daemon;
  const isWhole = (): Promise<boolean> => call.cancellable((signal) => checkContents(store, info, signal));
  if (await isWhole()) return;
  call.channel.say(`repairing path '${storeDir}/${info.path}'\n`);
  if ((await fetchAgain(call, info)) && (await isWhole())) return;
  const made = maker ?? (await makerOf(call, info));
  const failure =
    made === undefined ? "no substituter has it, and what it was built from is not known" : await rebuild(made);
  if (failure === undefined && (await isWhole())) return;
  throw new StatusError(
    Code.DataLoss,
    `cannot repair path '${storeDir}/${info.path}'${failure === undefined ? "" : `: ${failure}`}`,
  );
}

/** Whether contents are what is registered. If not, everything in them that is damaged is dropped: then it can be stored again. */
async function checkContents(store: Store, { node, narHash }: PathInfo, signal: AbortSignal): Promise<boolean> {
  try {
    return (await hashNarOf(store, node, { signal })).narHash === narHash;
  } catch (reason) {
    if (!isDamage(reason)) throw reason;
  }
  try {
    for await (const { node: each } of listTree(store, node))
      if (each.type === "file") await readAll(store, each, signal);
  } catch (reason) {
    if (!isDamage(reason)) throw reason;
  }
  return false;
}

async function readAll(store: Store, file: Extract<CastoreNode, { type: "file" }>, signal: AbortSignal): Promise<void> {
  try {
    await Array.fromAsync(store.blobs.read(digestOfFile(file), { signal }), ({ byteLength }) => byteLength);
  } catch (reason) {
    if (!isDamage(reason)) throw reason;
  }
}

const isDamage = (reason: unknown): boolean => hasCode(reason, Code.DataLoss) || hasCode(reason, Code.NotFound);

/** Only contents come from elsewhere: what is registered stays. @returns whether something was fetched. */
async function fetchAgain(call: Call, info: PathInfo): Promise<boolean> {
  const substituter = substituterOf(call);
  if (substituter === undefined) return false;
  const onEvent = warningsTo(call);
  return await call.cancellable(async (signal) => {
    const found = await substituter.find(info.path, { signal, onEvent });
    if (found === undefined || found.offer.info.narHash !== info.narHash) return false;
    try {
      await importNar(call.daemon.store, found.offer.open(signal), { signal });
      return true;
    } catch (reason) {
      signal.throwIfAborted();
      call.channel.warn(StatusError.from(reason).message);
      return false;
    }
  });
}

async function makerOf({ daemon }: Call, { path, deriver }: PathInfo): Promise<MadeOutput | undefined> {
  const { pathInfos } = daemon.store;
  if (deriver === undefined || (await pathInfos.get(deriver)) === undefined) return undefined;
  const { outputs } = await daemon.derivations.load(deriver);
  for (const [outputName, output] of await findValidOutputs(pathInfos, deriver, outputs))
    if (output === path) return { drvPath: deriver, outputName };
  return undefined;
}

/** In an order in which each follows what it refers to, unless they refer to each other. */
function referencesFirst(infos: readonly PathInfo[]): PathInfo[] {
  const byPath = new Map(infos.map((info) => [info.path, info]));
  const ordered = new Set<PathInfo>();
  const seen = new Set<StorePath>();
  const stack = infos.map((info) => ({ info, next: 0 })).reverse();
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    if (frame.next === 0) {
      if (seen.has(frame.info.path)) {
        stack.pop();
        continue;
      }
      seen.add(frame.info.path);
    }
    const reference = frame.info.references[frame.next++];
    if (reference === undefined) {
      ordered.add(frame.info);
      stack.pop();
      continue;
    }
    const info = byPath.get(reference);
    if (info !== undefined && !seen.has(reference)) stack.push({ info, next: 0 });
  }
  return [...ordered];
}
