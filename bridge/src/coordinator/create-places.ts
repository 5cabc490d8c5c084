import type { Execution } from "../execution/index.js";
import { displayOf } from "../formats/bytes/byte-string.js";
import type { ReadyDerivation, Translator } from "./build.js";
import { Code, hasCode } from "../status/index.js";
import { derivationOptionsOf } from "./derivation-options/index.js";
import { isBuiltin } from "./translate/check-supported.js";
import type { WaitingClock } from "./waiting-clock.js";

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
   * @param hasOthers whether, at the time of asking, others could do what is to be done there: then there is no sense in waiting for one that
   *   is away.
   * @throws StatusError what the cluster fails with.
   */
  open(hasOthers: () => boolean): Promise<OpenPlace>;
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

/** A place that did not answer is not asked again so soon, if there are others. */
const AWAY_MS = 30_000;

const NOTHING_SPECIAL: HereRules = { preferLocal: false, fixedOutputs: false, others: true };

/**
 * A translator that decides for each derivation where it is built: where its system and features are, then by the rules for this machine, then among
 * those that answer, then where most is free. What it prepares names the execution that is meant.
 *
 * @param places not empty; the first one's messages are those for derivations that no place can build.
 */
export function createPlaces(
  places: readonly Place[],
  { nowMs }: Pick<WaitingClock, "nowMs">,
  rules: HereRules = NOTHING_SPECIAL,
): Translator {
  const sites: Site[] = places.map((place) =>
    createSite(place, nowMs, () => sites.some((site) => canStandIn(site, place, rules))),
  );

  function siteFor(ready: ReadyDerivation): Site {
    const traits = traitsOf(ready);
    const able = sites.filter(({ place }) => canBuild(place, traits));
    const here = able.find(({ place }) => place.isHere);
    const wantsHere = (rules.preferLocal && traits.preferLocal) || (rules.fixedOutputs && traits.isFixed);
    if (here !== undefined && wantsHere) return here;
    const others = rules.others ? able : able.filter((site) => site !== here);
    const there = others.filter((site) => !site.isAway);
    return freest(there.length > 0 ? there : others) ?? here ?? sites[0]!;
  }

  return {
    async prepare(ready, options) {
      const tried = new Set<Site>();
      for (;;) {
        const site = siteFor(ready);
        let translator: Translator;
        try {
          translator = await site.open();
        } catch (reason) {
          options.signal?.throwIfAborted();
          tried.add(site);
          if (tried.has(siteFor(ready))) throw reason;
          continue;
        }
        return translator.prepare(ready, options);
      }
    },
  };
}

/** Whether what is to be built at a place can well be built at that site. */
function canStandIn({ place, isAway }: Site, other: Place, rules: HereRules): boolean {
  if (place === other || isAway || (place.isHere && !rules.others)) return false;
  return place.systems.some((system) => other.systems.includes(system));
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
  /** It did not answer lately. */
  readonly isAway: boolean;
  /** What prepares for it. @throws StatusError what {@link Place.open} fails with. */
  open(): Promise<Translator>;
}

function freest(sites: readonly Site[]): Site | undefined {
  const share = ({ busy, place }: Site): number => busy / place.jobsMax;
  return sites.reduce<Site | undefined>(
    (best, site) => (best === undefined || share(site) < share(best) ? site : best),
    undefined,
  );
}

function createSite(place: Place, nowMs: () => number, hasOthers: () => boolean): Site {
  let busy = 0;
  let awayUntilMs = 0;
  let opening: Promise<Translator> | undefined;

  function watched(execution: Execution): Execution {
    return {
      async *execute(request, options) {
        busy++;
        try {
          yield* execution.execute(request, options);
          awayUntilMs = 0;
        } catch (reason) {
          if (hasCode(reason, Code.Unavailable)) awayUntilMs = nowMs() + AWAY_MS;
          throw reason;
        } finally {
          busy--;
        }
      },
    };
  }

  function counted({ translator, execution }: OpenPlace): Translator {
    const named = watched(execution);
    return {
      async prepare(ready, options) {
        busy++;
        try {
          const prepared = await translator.prepare(ready, options);
          return prepared.kind === "action" ? { ...prepared, execution: named } : prepared;
        } finally {
          busy--;
        }
      },
    };
  }

  return {
    place,
    get busy() {
      return busy;
    },
    get isAway() {
      return nowMs() < awayUntilMs;
    },
    async open() {
      busy++;
      opening ??= place.open(hasOthers).then(counted);
      try {
        return await opening;
      } catch (reason) {
        // A later derivation tries again.
        opening = undefined;
        awayUntilMs = nowMs() + AWAY_MS;
        throw reason;
      } finally {
        busy--;
      }
    },
  };
}
