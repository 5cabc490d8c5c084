import type { Subject } from "./subject.js";

/** How much a server owes it: what the protocol says it MUST do, SHOULD do, or what clients have come to expect. */
export type Requirement = "must" | "should" | "customary";

/** One rule of the protocol, and how to see whether a server keeps it. */
export interface ConformanceCase {
  /** `group/what-is-seen`; never changes its meaning. */
  readonly name: string;
  readonly requirement: Requirement;
  /** The rule in our own words. */
  readonly rule: string;
  /** Where the protocol says it. */
  readonly source: string;
  /** Why a server need not be asked, by what it says of itself; `undefined`: it must. */
  readonly unless?: (subject: Subject) => string | undefined;
  /** @throws ConformanceFailure if the rule is not kept; Skip if that cannot be seen. Anything else counts as a failure too. */
  readonly run: (subject: Subject) => Promise<void>;
}

/** The server did not do what the rule says. */
export class ConformanceFailure extends Error {
  override readonly name = "ConformanceFailure";
  /** It did, but with another code than the protocol has for it, and no client decides by that. */
  readonly isMinor: boolean;

  constructor(message: string, isMinor = false) {
    super(message);
    this.isMinor = isMinor;
  }
}

/** It cannot be seen whether the server keeps the rule. */
export class Skip extends Error {
  override readonly name = "Skip";
}
