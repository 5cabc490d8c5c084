import type { ByteString, Derivation, StorePath } from "../../formats/index.js";
import { attributesOf, type Attributes } from "./attributes.js";
import { isJsonObject } from "./json-guards.js";
import { outputChecksOf, type OutputChecks } from "./output-checks.js";

/** The attributes of a derivation that say how it is built and checked. Source: Nix, src/libstore/derivation-options.cc. */
export interface DerivationOptions {
  readonly attributes: Attributes;
  /** Sorted, without duplicates. */
  readonly requiredSystemFeatures: readonly ByteString[];
  /** `__noChroot`: asks to be built outside any sandbox. */
  readonly noChroot: boolean;
  /** Asks to be built where its inputs are, for sending them takes longer. */
  readonly preferLocalBuild: boolean;
  /** Files of the host that a build asks for. */
  readonly impureHostDeps: readonly ByteString[];
  /** Variables to take over from the environment of the service; only for derivations that are not sandboxed from the network. */
  readonly impureEnvVars: readonly ByteString[];
  /** Variables that go into files; nothing with structured attributes. */
  readonly passAsFile: ReadonlySet<ByteString>;
  /** Outputs that are not searched for references. */
  readonly unsafeDiscardReferences: ReadonlySet<string>;
  /** By output name. */
  readonly outputChecks: ReadonlyMap<string, OutputChecks>;
}

/** @throws BuildFailure InputRejected if an attribute has the wrong type. */
export function derivationOptionsOf(drvPath: StorePath, derivation: Derivation): DerivationOptions {
  const attributes = attributesOf(drvPath, derivation);
  return {
    attributes,
    requiredSystemFeatures: [...new Set(attributes.strings("requiredSystemFeatures") ?? [])].sort(),
    noChroot: attributes.bool("__noChroot", false),
    preferLocalBuild: attributes.bool("preferLocalBuild", false),
    impureHostDeps: attributes.strings("__impureHostDeps") ?? [],
    impureEnvVars: attributes.strings("impureEnvVars") ?? [],
    passAsFile: new Set(attributes.structured === undefined ? attributes.strings("passAsFile") : []),
    unsafeDiscardReferences: discardedReferences(attributes),
    outputChecks: outputChecksOf(drvPath, derivation, attributes),
  };
}

function discardedReferences({ structured }: Attributes): ReadonlySet<string> {
  const byOutput = structured?.get("unsafeDiscardReferences" as ByteString);
  if (!isJsonObject(byOutput)) return new Set();
  return new Set([...byOutput].filter(([, discard]) => discard === true).map(([name]) => name as string));
}
