import { displayOf, hasKnownOutputPaths, type Derivation } from "../../formats/index.js";
import { BuildFailure, BuildStatus, type ReadyDerivation } from "../build.js";
import type { DerivationOptions } from "../derivation-options/index.js";

/** What can be built here (or on the cluster). */
export interface BuilderCapabilities {
  /** The first is what the machine calls itself in messages. */
  readonly systems: readonly string[];
  /** Features that a derivation may require. */
  readonly features: ReadonlySet<string>;
}

/** The features every Linux machine claims unless configured. Source: Nix, globals.cc, `getDefaultSystemFeatures`. */
export const defaultFeatures: readonly string[] = ["nixos-test", "benchmark", "big-parallel"];

/** Implicitly required by a derivation with outputs whose paths are not known. */
const CA_FEATURE = "ca-derivations";

function requiredFeatures(derivation: Derivation, options: DerivationOptions): string[] {
  const required = new Set(options.requiredSystemFeatures.map(displayOf));
  if (!hasKnownOutputPaths(derivation)) required.add(CA_FEATURE);
  return [...required].sort();
}

/** Whether the derivation is built by a function of Nix instead of a program, on whatever machine. */
export function isBuiltin(derivation: Derivation): boolean {
  return derivation.builder.startsWith("builtin:");
}

/**
 * Refuses what can not be built as Nix would build it, with Nix's words.
 *
 * @throws BuildFailure InputRejected.
 */
export function checkSupported(
  ready: ReadyDerivation,
  options: DerivationOptions,
  capabilities: BuilderCapabilities,
  storeDir: string,
): void {
  const { derivation } = ready;
  const drv = `${storeDir}/${ready.drvPath}`;
  const platform = displayOf(derivation.platform);
  const required = requiredFeatures(derivation, options);
  const systemFits = isBuiltin(derivation) || capabilities.systems.includes(platform);
  const missing = required.filter((feature) => feature !== CA_FEATURE && !capabilities.features.has(feature));
  if (!systemFits || missing.length > 0) {
    const features = [...capabilities.features].sort();
    throw new BuildFailure(
      BuildStatus.InputRejected,
      `a '${platform}' with features {${required.join(", ")}} is required to build '${drv}', ` +
        `but I am a '${capabilities.systems[0] ?? "unknown"}' with features {${features.join(", ")}}`,
    );
  }
  const [impurePath] = options.impureHostDeps;
  if (impurePath !== undefined)
    throw new BuildFailure(
      BuildStatus.InputRejected,
      `derivation '${drv}' requested impure path '${displayOf(impurePath)}', but it was not in allowed-impure-host-deps`,
    );
  if (options.noChroot)
    throw new BuildFailure(
      BuildStatus.InputRejected,
      `derivation '${drv}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'`,
    );
}
