import type { Execution } from "../execution/index.js";
import { displayOf } from "../formats/bytes/byte-string.js";
import type { PreparedBuild, PreparedOutputs, ReadyDerivation, Translator } from "./build.js";
import { derivationOptionsOf } from "./derivation-options/index.js";
import { isBuiltin } from "./translate/check-supported.js";

/** One place of several where derivations can be built: this machine, or a cluster. */
export interface Place {
  /** For messages. */
  readonly name: string;
  readonly isHere: boolean;
  /** Of derivations that it builds. */
  readonly systems: readonly string[];
  /** What a derivation may require of it. */
  readonly features: ReadonlySet<string>;
  /** How many derivations it is meant to have at once: places fill in proportion to it. */
  readonly jobsMax: number;
  /**
   * Called for the first derivation that is to be built there, and again after it has failed.
   *
   * @throws StatusError what the cluster fails with.
   */
  open(): Promise<OpenPlace>;
}

/** What builds at a place. */
export interface OpenPlace {
  readonly translator: Translator;
  readonly execution: Execution;
}

/** Which derivations this machine gets where there are clusters too; what no cluster can build it gets in any case. */
export interface HereRules {
  /** Those that say `preferLocalBuild`. */
  readonly preferLocal: boolean;
  /** Those with a fixed output, which want the network. */
  readonly fixedOutputs: boolean;
  /** All others too, as one place among equals. */
  readonly others: boolean;
}

const NOTHING_SPECIAL: HereRules = { preferLocal: false, fixedOutputs: false, others: true };

/**
 * A translator that decides for each derivation where it is built: where its system and features are, then by the rules for this machine, then where
 * most is free. What it prepares names the execution that is meant.
 *
 * @param places not empty; the first one's messages are those for derivations that no place can build.
 */
export function createPlaces(places: readonly Place[], rules: HereRules = NOTHING_SPECIAL): Translator {
  const sites = places.map(createSite);

  function siteFor(ready: ReadyDerivation): Site {
    const traits = traitsOf(ready);
    const able = sites.filter(({ place }) => canBuild(place, traits));
    const here = able.find(({ place }) => place.isHere);
    const wantsHere = (rules.preferLocal && traits.preferLocal) || (rules.fixedOutputs && traits.isFixed);
    if (here !== undefined && wantsHere) return here;
    const others = rules.others ? able : able.filter((site) => site !== here);
    return freest(others) ?? here ?? sites[0]!;
  }

  return {
    async prepare(ready, options) {
      return siteFor(ready).prepare(ready, options);
    },
  };
}

interface Traits {
  readonly system: string;
  readonly features: readonly string[];
  readonly preferLocal: boolean;
  readonly isFixed: boolean;
  readonly isBuiltin: boolean;
}

function traitsOf({ drvPath, derivation }: ReadyDerivation): Traits {
  const options = derivationOptionsOf(drvPath, derivation);
  return {
    system: displayOf(derivation.platform),
    features: options.requiredSystemFeatures.map(displayOf),
    preferLocal: options.preferLocalBuild,
    isFixed: [...derivation.outputs.values()].some(({ type }) => type === "fixed"),
    isBuiltin: isBuiltin(derivation),
  };
}

function canBuild({ systems, features }: Place, traits: Traits): boolean {
  if (!traits.isBuiltin && !systems.includes(traits.system)) return false;
  return traits.features.every((feature) => features.has(feature) || feature === "ca-derivations");
}

/** A place, and how much it has to do. */
interface Site {
  readonly place: Place;
  readonly busy: number;
  readonly prepare: Translator["prepare"];
}

function freest(sites: readonly Site[]): Site | undefined {
  const share = ({ busy, place }: Site): number => busy / place.jobsMax;
  return sites.reduce<Site | undefined>(
    (best, site) => (best === undefined || share(site) < share(best) ? site : best),
    undefined,
  );
}

function createSite(place: Place): Site {
  let busy = 0;
  let opening: Promise<OpenPlace> | undefined;

  function counted(execution: Execution): Execution {
    return {
      async *execute(request, options) {
        busy++;
        try {
          yield* execution.execute(request, options);
        } finally {
          busy--;
        }
      },
    };
  }

  async function open(): Promise<OpenPlace> {
    opening ??= place.open().then(({ translator, execution }) => ({ translator, execution: counted(execution) }));
    try {
      return await opening;
    } catch (reason) {
      // The next derivation tries again.
      opening = undefined;
      throw reason;
    }
  }

  return {
    place,
    get busy() {
      return busy;
    },
    async prepare(ready, options): Promise<PreparedBuild | PreparedOutputs> {
      busy++;
      try {
        const { translator, execution } = await open();
        const prepared = await translator.prepare(ready, options);
        return prepared.kind === "action" ? { ...prepared, execution } : prepared;
      } finally {
        busy--;
      }
    },
  };
}
