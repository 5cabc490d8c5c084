import {
  isFixedOutput,
  DEFAULT_STORE_DIR,
  printStorePath,
  type ActionResult,
  type CastoreNode,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus, type PreparedDerivation, type Registrar } from "../../coordinator/build.js";
import { derivationOptionsOf, type DerivationOptions } from "../../coordinator/derivation-options/index.js";
import { systemClock, type PathInfo, type Store } from "../../store/index.js";

import { checkOutputs } from "./check-outputs.js";
import { finishOutput, type FinishedOutput } from "./finish-output.js";
import { outputNodes } from "./output-nodes.js";
import { checkArrived, checkNotes, type Expected } from "./output-notes.js";
import { scanOutput, type ScannedOutput } from "./scan-output.js";
import type { RegistrarOptions } from "./create-registrar.js";
import { sortOutputs } from "./sort-outputs.js";

/** One registration under way. */
interface Registration {
  readonly store: Store;
  readonly storeDir: string;
  readonly prepared: PreparedDerivation;
  readonly options: DerivationOptions;
  readonly mode: "normal" | "check";
  /** Outputs that are valid already, by name. */
  readonly known: ReadonlyMap<string, PathInfo>;
  readonly signal?: AbortSignal;
}

/** What `createRegistrar` loads when something was built. */
export function createOutputRegistrar(registrarOptions: RegistrarOptions): Registrar {
  const { store, storeDir = DEFAULT_STORE_DIR, clock = systemClock, signer } = registrarOptions;
  return {
    async register(prepared, made, { mode, signal }) {
      const known = await knownOutputs(store, prepared);
      const registration: Registration = {
        store,
        storeDir,
        prepared,
        options: derivationOptionsOf(prepared.drvPath, prepared.derivation),
        mode,
        known,
        ...(signal !== undefined && { signal }),
      };
      if (mode === "check" && known.size < prepared.derivation.outputs.size && hasOnlyKnownPaths(prepared))
        throw rejected(
          `some outputs of '${printStorePath(storeDir, prepared.drvPath)}' are not valid, so checking is not possible`,
        );
      const finished = await finishAll(registration, await madeNodes(registration, made));
      const registrationTime = Math.floor(clock.nowMs() / 1000);
      const infos = new Map([...finished].map(([name, output]) => [name, infoOf(prepared, output, registrationTime)]));
      await checkOutputs({
        storeDir,
        infos: new Map([...known, ...infos]),
        checks: onlyOf(registration.options.outputChecks, infos),
        pathInfos: store.pathInfos,
      });
      signal?.throwIfAborted();
      if (mode === "check") await compare(registration, infos);
      else
        await put(
          store,
          [...infos.values()].map((info) => signer?.sign(info) ?? info),
        );
      for (const output of finished.values()) if (output.failure !== undefined) throw output.failure;
      const paths = new Map<string, StorePath>();
      for (const name of prepared.derivation.outputs.keys())
        paths.set(name, (infos.get(name) ?? known.get(name))!.path);
      if (mode === "normal") await putRealisations(store, prepared, paths);
      return paths;
    },
  };
}

/** Outputs whose paths are known and valid are not looked at again, whatever the build made of them. */
async function knownOutputs(
  { pathInfos }: Store,
  prepared: PreparedDerivation,
): Promise<ReadonlyMap<string, PathInfo>> {
  const known = new Map<string, PathInfo>();
  const outputs = [...prepared.derivation.outputs];
  const paths = outputs.map(([, output]) => ("path" in output ? output.path : undefined));
  const infos = await pathInfos.getMany(paths.filter((path) => path !== undefined));
  const byPath = new Map(infos.map((info) => [info?.path, info]));
  for (const [i, [name]] of outputs.entries()) {
    const info = byPath.get(paths[i]);
    if (info !== undefined && paths[i] !== undefined) known.set(name, info);
  }
  return known;
}

function hasOnlyKnownPaths({ derivation }: PreparedDerivation): boolean {
  return [...derivation.outputs.values()].every((output) => "path" in output);
}

/** What a build left at an output's place. */
interface MadeOutput {
  readonly node: CastoreNode;
  /** What it has to be, where somebody has said so who saw it made. */
  readonly expected?: Expected;
}

/** The nodes of the outputs that are to be registered (or compared). @throws BuildFailure OutputRejected if one was not made. */
async function madeNodes(
  { store, storeDir, prepared, mode, known }: Registration,
  made: ActionResult | ReadonlyMap<string, CastoreNode>,
): Promise<ReadonlyMap<string, MadeOutput>> {
  const names = [...prepared.derivation.outputs.keys()].filter((name) => mode === "check" || !known.has(name)).sort();
  const wanted = names.map((name) => prepared.scratchPaths.get(name)!);
  const byPath = isActionResult(made) ? await outputNodes(store, made, wanted, storeDir) : undefined;
  const nodes = new Map<string, MadeOutput>();
  for (const [i, name] of names.entries()) {
    const path = wanted[i]!;
    const expected = isActionResult(made) ? checkNotes(made, { name, path, storeDir }) : undefined;
    const node = isActionResult(made) ? byPath?.get(path) : made.get(name);
    if (node === undefined)
      throw rejected(
        `builder for '${printStorePath(storeDir, prepared.drvPath)}' failed to produce output path ` +
          `for output '${name}' at '${printStorePath(storeDir, path)}'`,
      );
    nodes.set(name, { node, ...(expected !== undefined && { expected }) });
  }
  return nodes;
}

function isActionResult(made: ActionResult | ReadonlyMap<string, CastoreNode>): made is ActionResult {
  return !(made instanceof Map);
}

/** By name, each after those it refers to. */
async function finishAll(
  { store, storeDir, prepared, options, signal }: Registration,
  nodes: ReadonlyMap<string, MadeOutput>,
): Promise<ReadonlyMap<string, FinishedOutput>> {
  const candidates = [...prepared.inputClosure, ...prepared.scratchPaths.values()];
  const nameOf = new Map([...prepared.scratchPaths].map(([name, path]) => [path, name]));
  const scanned = new Map<string, ScannedOutput>();
  const references = new Map<string, ReadonlySet<string>>();
  for (const [name, { node, expected }] of nodes) {
    const found = await scanOutput(store, node, options.unsafeDiscardReferences.has(name) ? [] : candidates, signal);
    if (expected !== undefined)
      checkArrived(expected, found.narHash, { name, path: prepared.scratchPaths.get(name)!, storeDir });
    scanned.set(name, found);
    references.set(
      name,
      new Set(found.references.map((path) => nameOf.get(path)).filter((other) => other !== undefined)),
    );
  }
  const context = { store, storeDir, prepared, finalPaths: new Map<StorePath, StorePath>(), ...(signal && { signal }) };
  const finished = new Map<string, FinishedOutput>();
  for (const name of sortOutputs(printStorePath(storeDir, prepared.drvPath), references))
    finished.set(name, await finishOutput(context, name, scanned.get(name)!));
  return finished;
}

function infoOf(prepared: PreparedDerivation, output: FinishedOutput, registrationTime: number): PathInfo {
  const { path, node, narHash, narSizeBytes, references, ca } = output;
  return {
    path,
    node,
    narHash,
    narSizeBytes,
    references,
    deriver: deriverOf(prepared),
    ...(ca !== undefined && { ca }),
    signatures: [],
    registrationTime,
    ultimate: true,
  };
}

function onlyOf<T>(all: ReadonlyMap<string, T>, names: ReadonlyMap<string, unknown>): ReadonlyMap<string, T> {
  return new Map([...all].filter(([name]) => names.has(name)));
}

/** Contents that are valid already keep what is known of them: their signatures, and who made them first. */
async function put({ pathInfos }: Store, infos: readonly PathInfo[]): Promise<void> {
  const known = await pathInfos.getMany(infos.map(({ path }) => path));
  const fresh = infos.filter((_, i) => known[i] === undefined);
  if (fresh.length > 0) await pathInfos.putMany(fresh);
}

/** Source: Nix 2.8, `registerOutputs` with `bmCheck`: archives are compared, nothing else. */
async function compare(
  { store, storeDir, prepared }: Registration,
  infos: ReadonlyMap<string, PathInfo>,
): Promise<void> {
  for (const info of infos.values()) {
    const old = await store.pathInfos.get(info.path);
    if (old?.narHash === info.narHash) continue;
    if (old === undefined && info.ca !== undefined) continue;
    throw new BuildFailure(
      BuildStatus.NotDeterministic,
      `derivation '${printStorePath(storeDir, prepared.drvPath)}' may not be deterministic: ` +
        `output '${printStorePath(storeDir, info.path)}' differs`,
    );
  }
}

/** What a derivation was built to, where that does not follow from it; an impure one is built anew each time, so nobody may ask. */
async function putRealisations(
  { pathInfos }: Store,
  { drvPath, resolvedDrvPath, derivation }: PreparedDerivation,
  paths: ReadonlyMap<string, StorePath>,
): Promise<void> {
  for (const [name, path] of paths) {
    const { type } = derivation.outputs.get(name)!;
    if (type === "floating") await pathInfos.putRealisation(resolvedDrvPath, name, path);
    if (resolvedDrvPath !== drvPath && type !== "impure") await pathInfos.putRealisation(drvPath, name, path);
  }
}

function rejected(message: string): BuildFailure {
  return new BuildFailure(BuildStatus.OutputRejected, message);
}

/**
 * As Nix: what was built is the resolved derivation, whether or not anybody has its file. A fixed output does not depend on how its inputs
 * were found, so its derivation is not resolved.
 */
function deriverOf({ drvPath, resolvedDrvPath, derivation }: PreparedDerivation): StorePath {
  return isFixedOutput(derivation) ? drvPath : resolvedDrvPath;
}
