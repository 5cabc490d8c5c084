import type { ClusterCapabilities } from "../capabilities.js";
import type { Link } from "./measure-link.js";
import type { Sight } from "./sight.js";

/** How builds went as one kind of cluster wants them. */
export type Attempt =
  | { readonly profile: string; readonly works: true; readonly sight: Sight; readonly lacks: readonly string[] }
  | { readonly profile: string; readonly works: false; readonly reason: string };

/** What was found out about a cluster. Plain data: kept as JSON, and printed so. */
export interface Verdict {
  readonly version: 1;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly probedMs: number;
  readonly capabilities: Omit<ClusterCapabilities, "blobBytesMax"> & {
    /** `null`: it names no limit. */
    readonly blobBytesMax: number | null;
  };
  readonly link: Link;
  readonly attempts: readonly Attempt[];
  /** The profile that serves builds best; `null` where none does. */
  readonly profile: string | null;
  /** What builds miss there with it. */
  readonly lacks: readonly string[];
  /** What would mend that. */
  readonly advice: readonly string[];
}

/** How long a verdict counts: clusters are configured anew. */
export const VERDICT_MAX_AGE_MS = 7 * 24 * 3_600_000;

/** A verdict as it was kept; `undefined` for what is none, or of another version. */
export function parseVerdict(text: string): Verdict | undefined {
  try {
    const value = JSON.parse(text) as Partial<Verdict> | null;
    return value?.version === 1 && typeof value.url === "string" ? (value as Verdict) : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
