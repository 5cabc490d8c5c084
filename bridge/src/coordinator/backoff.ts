/** How long to wait between tries. */
export interface BackoffLimits {
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

/**
 * The wait after a number of tries (from 1 on) that failed: twice as long each time, up to the limit. Half of it is drawn, so that those who
 * failed together do not come back together.
 *
 * @param drawn - From 0 (inclusive) to 1 (exclusive).
 */
export function backoffMs({ backoffBaseMs, backoffMaxMs }: BackoffLimits, tries: number, drawn: number): number {
  return Math.round(Math.min(backoffMaxMs, backoffBaseMs * 2 ** (tries - 1)) * (0.5 + drawn / 2));
}
