import type { ByteString, Derivation, JsonObject, StorePath } from "../../formats/index.js";
import { stringsOf, wrongType, type Attributes } from "./attributes.js";
import { isJsonNumber, isJsonObject } from "./json-guards.js";

/**
 * What an output may refer to and how large it may be. The lists hold store paths and output names; an absent list checks nothing, an empty
 * one of what is allowed forbids everything.
 */
export interface OutputChecks {
  readonly maxSizeBytes?: bigint;
  readonly maxClosureSizeBytes?: bigint;
  readonly allowedReferences?: readonly ByteString[];
  readonly allowedRequisites?: readonly ByteString[];
  readonly disallowedReferences?: readonly ByteString[];
  readonly disallowedRequisites?: readonly ByteString[];
  /** Whether the lists of requisites overlook the output itself. */
  readonly ignoreSelfReferences: boolean;
}

const LISTS = ["allowedReferences", "allowedRequisites", "disallowedReferences", "disallowedRequisites"] as const;

/**
 * The checks of each output: without structured attributes the same for all, with them by name in `outputChecks`.
 *
 * @throws BuildFailure InputRejected if one has the wrong type. Source: Nix 2.8, local-derivation-goal.cc, `checkOutputs`.
 */
export function outputChecksOf(
  drvPath: StorePath,
  derivation: Derivation,
  attributes: Attributes,
): ReadonlyMap<string, OutputChecks> {
  const checks = new Map<string, OutputChecks>();
  if (attributes.structured === undefined) {
    const all: OutputChecks = { ...lists((name) => attributes.strings(name)), ignoreSelfReferences: true };
    for (const name of derivation.outputs.keys()) checks.set(name, all);
    return checks;
  }
  const byOutput = attributes.structured.get("outputChecks" as ByteString);
  if (byOutput === undefined) return checks;
  if (!isJsonObject(byOutput)) throw wrongType(drvPath, "outputChecks", "an object");
  for (const name of derivation.outputs.keys()) {
    const output = byOutput.get(name as ByteString);
    if (output === undefined) continue;
    if (!isJsonObject(output)) throw wrongType(drvPath, "outputChecks", "an object of objects");
    checks.set(name, structuredChecks(drvPath, output));
  }
  return checks;
}

function structuredChecks(drvPath: StorePath, output: JsonObject): OutputChecks {
  const size = (name: string): bigint | undefined => {
    const value = output.get(name as ByteString);
    if (value === undefined) return undefined;
    if (!isJsonNumber(value)) throw wrongType(drvPath, name, "a number");
    return typeof value === "bigint" ? value : BigInt(Math.trunc(Number(value.text)));
  };
  const maxSizeBytes = size("maxSize");
  const maxClosureSizeBytes = size("maxClosureSize");
  return {
    ...(maxSizeBytes !== undefined && { maxSizeBytes }),
    ...(maxClosureSizeBytes !== undefined && { maxClosureSizeBytes }),
    ...lists((name) => {
      const value = output.get(name as ByteString);
      return value === undefined ? undefined : stringsOf(drvPath, name, value);
    }),
    ignoreSelfReferences: false,
  };
}

function lists(
  get: (name: string) => readonly ByteString[] | undefined,
): Partial<Record<(typeof LISTS)[number], readonly ByteString[]>> {
  const found: Partial<Record<(typeof LISTS)[number], readonly ByteString[]>> = {};
  for (const name of LISTS) {
    const value = get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
