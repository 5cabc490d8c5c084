import {
  drvNameOf,
  formatNixHash,
  hashPartOf,
  makeFixedOutputPath,
  outputPathName,
  printStorePath,
  type ContentAddress,
  type DerivationOutput,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus, type PreparedDerivation } from "../../coordinator/build.js";
import { hashNarOf, type Store } from "../../store/index.js";
import { contentHash } from "./content-address.js";
import { rewriteTree } from "./rewrite-tree.js";
import type { ScannedOutput } from "./scan-output.js";

/** An output whose path is decided. */
export interface FinishedOutput extends ScannedOutput {
  readonly path: StorePath;
  readonly ca?: ContentAddress;
  /** What is wrong with it, to be said when it is registered: people need the path to find out. */
  readonly failure?: BuildFailure;
}

/** What {@link finishOutput} needs beside the output. */
export interface FinishContext {
  readonly store: Store;
  readonly storeDir: string;
  readonly prepared: PreparedDerivation;
  /** Final paths of the outputs finished so far, by their scratch paths. */
  readonly finalPaths: Map<StorePath, StorePath>;
  readonly signal?: AbortSignal;
}

/**
 * Decides an output's path and content address, and puts final paths in place of scratch paths in it.
 *
 * Source: Nix 2.8, src/libstore/build/local-derivation-goal.cc, `registerOutputs`.
 *
 * @throws BuildFailure OutputRejected.
 */
export async function finishOutput(
  context: FinishContext,
  name: string,
  scanned: ScannedOutput,
): Promise<FinishedOutput> {
  const output = context.prepared.derivation.outputs.get(name)!;
  const scratchPath = context.prepared.scratchPaths.get(name)!;
  const finished = await finish(context, name, output, scanned);
  context.finalPaths.set(scratchPath, finished.path);
  return finished;
}

async function finish(
  context: FinishContext,
  name: string,
  output: DerivationOutput,
  scanned: ScannedOutput,
): Promise<FinishedOutput> {
  switch (output.type) {
    case "input-addressed":
      return { ...scanned, path: output.path };
    case "fixed":
      return finishFixed(context, name, output, scanned);
    case "floating":
    case "impure":
      return finishFloating(context, name, output, scanned);
    case "deferred":
      throw new Error(`output '${name}' of '${context.prepared.drvPath}' was never resolved`);
  }
}

async function finishFixed(
  { store, storeDir, prepared }: FinishContext,
  name: string,
  { path, ca }: DerivationOutput & { readonly type: "fixed" },
  scanned: ScannedOutput,
): Promise<FinishedOutput> {
  const drv = printStorePath(storeDir, prepared.drvPath);
  const { references } = scanned;
  if (references.length > 0 && ca.method !== "text")
    throw new BuildFailure(
      BuildStatus.OutputRejected,
      `fixed-output derivations must not reference store paths: '${drv}' references ${references.length} distinct paths, ` +
        `e.g. '${printStorePath(storeDir, references[0]!)}'`,
    );
  const { method, hash } = ca;
  const hex = await contentHash(store, scanned, { method, algorithm: hash.algorithm, path, storeDir });
  if (hex === hash.hex) return { ...scanned, path, ca };
  const got: ContentAddress = { method, hash: { algorithm: hash.algorithm, hex } };
  const failure = new BuildFailure(
    BuildStatus.HashMismatch,
    `hash mismatch in fixed-output derivation '${drv}':\n` +
      `  specified: ${formatNixHash(hash, "sri")}\n     got:    ${formatNixHash(got.hash, "sri")}`,
  );
  return {
    ...scanned,
    path: makeFixedOutputPath(storeDir, nameOf(prepared, name), got, { references }),
    ca: got,
    failure,
  };
}

async function finishFloating(
  context: FinishContext,
  name: string,
  { method, algorithm }: DerivationOutput & { readonly type: "floating" | "impure" },
  scanned: ScannedOutput,
): Promise<FinishedOutput> {
  const { store, storeDir, prepared, signal } = context;
  const scratchPath = prepared.scratchPaths.get(name)!;
  const siblings = rewritesOf(scanned.references, context.finalPaths);
  const isSelfReferring = scanned.references.includes(scratchPath);
  const references = scanned.references
    .filter((path) => path !== scratchPath)
    .map((path) => context.finalPaths.get(path) ?? path)
    .sort();
  const rewritten = siblings.size === 0 ? scanned : await rescanned(store, scanned, siblings, signal);
  const hex = await contentHash(store, rewritten, {
    method,
    algorithm,
    path: scratchPath,
    storeDir,
    ...(isSelfReferring && { selfHashPart: hashPartOf(scratchPath) }),
  });
  const ca: ContentAddress = { method, hash: { algorithm, hex } };
  const path = makeFixedOutputPath(storeDir, nameOf(prepared, name), ca, { references, self: isSelfReferring });
  const final = isSelfReferring
    ? await rescanned(store, rewritten, new Map([[hashPartOf(scratchPath), hashPartOf(path)]]), signal)
    : rewritten;
  return { ...final, path, ca, references: isSelfReferring ? [...references, path].sort() : references };
}

/** Only those that differ: of an output with a known path the two are one. */
function rewritesOf(
  references: readonly StorePath[],
  finalPaths: ReadonlyMap<StorePath, StorePath>,
): Map<string, string> {
  const rewrites = new Map<string, string>();
  for (const scratchPath of references) {
    const path = finalPaths.get(scratchPath);
    if (path !== undefined && path !== scratchPath) rewrites.set(hashPartOf(scratchPath), hashPartOf(path));
  }
  return rewrites;
}

async function rescanned(
  store: Store,
  output: ScannedOutput,
  rewrites: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<ScannedOutput> {
  const node = await rewriteTree(store, output.node, rewrites);
  return { ...output, node, ...(await hashNarOf(store, node, signal === undefined ? {} : { signal })) };
}

function nameOf({ drvPath }: PreparedDerivation, outputName: string): string {
  return outputPathName(drvNameOf(drvPath), outputName);
}
