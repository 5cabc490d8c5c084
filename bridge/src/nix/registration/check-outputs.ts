import {
  displayOf,
  printStorePath,
  splitStorePath,
  StorePathError,
  type ByteString,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../../coordinator/build.js";
import type { OutputChecks } from "../../coordinator/derivation-options/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathInfo, PathInfoStore } from "../../store/index.js";

/** What {@link checkOutputs} looks at. */
export interface OutputsToCheck {
  readonly storeDir: string;
  /** By output name; not yet registered. */
  readonly infos: ReadonlyMap<string, PathInfo>;
  /** By output name. */
  readonly checks: ReadonlyMap<string, OutputChecks>;
  /** Of what the outputs refer to. */
  readonly pathInfos: PathInfoStore;
}

/**
 * Applies what a derivation demands of its outputs: sizes, and what they may refer to.
 *
 * Source: Nix 2.8, src/libstore/build/local-derivation-goal.cc, `checkOutputs`.
 *
 * @throws BuildFailure OutputRejected with Nix's text.
 */
export async function checkOutputs(outputs: OutputsToCheck): Promise<void> {
  for (const [name, info] of [...outputs.infos].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const checks = outputs.checks.get(name);
    if (checks !== undefined) await checkOutput(outputs, info, checks);
  }
}

interface Closure {
  readonly paths: ReadonlySet<StorePath>;
  readonly sizeBytes: number;
}

async function checkOutput(outputs: OutputsToCheck, info: PathInfo, checks: OutputChecks): Promise<void> {
  const { storeDir } = outputs;
  const path = printStorePath(storeDir, info.path);
  if (checks.maxSizeBytes !== undefined && BigInt(info.narSizeBytes) > checks.maxSizeBytes)
    throw rejected(`path '${path}' is too large at ${info.narSizeBytes} bytes; limit is ${checks.maxSizeBytes} bytes`);
  let known: Closure | undefined;
  const closure = async (): Promise<Closure> => (known ??= await closureOfOutput(outputs, info.path));
  if (checks.maxClosureSizeBytes !== undefined) {
    const { sizeBytes } = await closure();
    if (BigInt(sizeBytes) > checks.maxClosureSizeBytes)
      throw rejected(
        `closure of path '${path}' is too large at ${sizeBytes} bytes; limit is ${checks.maxClosureSizeBytes} bytes`,
      );
  }
  const references = new Set(info.references);
  const requisites = async (): Promise<ReadonlySet<StorePath>> => {
    const { paths } = await closure();
    return checks.ignoreSelfReferences ? paths.difference(new Set([info.path])) : paths;
  };
  const check = (list: readonly ByteString[], used: ReadonlySet<StorePath>, isAllowed: boolean): void => {
    const named = specifiedPaths(outputs, list);
    const bad = isAllowed ? used.difference(named) : used.intersection(named);
    if (bad.size === 0) return;
    const lines = [...bad].sort().map((each) => `\n  ${printStorePath(storeDir, each)}`);
    throw rejected(`output '${path}' is not allowed to refer to the following paths:${lines.join("")}`);
  };
  if (checks.allowedReferences !== undefined) check(checks.allowedReferences, references, true);
  if (checks.allowedRequisites !== undefined) check(checks.allowedRequisites, await requisites(), true);
  if (checks.disallowedReferences !== undefined) check(checks.disallowedReferences, references, false);
  if (checks.disallowedRequisites !== undefined) check(checks.disallowedRequisites, await requisites(), false);
}

/** Each element is a store path or the name of an output. */
function specifiedPaths({ storeDir, infos }: OutputsToCheck, list: readonly ByteString[]): ReadonlySet<StorePath> {
  const paths = new Set<StorePath>();
  for (const specifier of list) {
    const path = infos.get(specifier)?.path ?? storePathOf(storeDir, specifier);
    if (path === undefined)
      throw rejected(`derivation contains an illegal reference specifier '${displayOf(specifier)}'`);
    paths.add(path);
  }
  return paths;
}

function storePathOf(storeDir: string, text: string): StorePath | undefined {
  try {
    const { path, rest } = splitStorePath(storeDir, text);
    return rest === "" ? path : undefined;
  } catch (reason) {
    if (reason instanceof StorePathError) return undefined;
    throw reason;
  }
}

/** Some of it is not registered yet: other outputs. */
async function closureOfOutput({ infos, pathInfos }: OutputsToCheck, root: StorePath): Promise<Closure> {
  const own = new Map([...infos.values()].map((info) => [info.path, info]));
  const paths = new Set([root]);
  let sizeBytes = 0;
  for (const path of paths) {
    const info = own.get(path) ?? (await pathInfos.get(path));
    if (info === undefined) throw new StatusError(Code.FailedPrecondition, `path '${path}' is not valid`);
    sizeBytes += info.narSizeBytes;
    for (const reference of info.references) paths.add(reference);
  }
  return { paths, sizeBytes };
}

function rejected(message: string): BuildFailure {
  return new BuildFailure(BuildStatus.OutputRejected, message);
}
