/** The time of day, an argument everywhere, so that tests can set it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
}

/**
 * The clock of the machine. It is the one that is set when the machine was asleep or its time was wrong: what is kept for an hour, or says when
 * something was built, has to agree with the people who use it.
 */
export const systemClock: Clock = { nowMs: () => Date.now() };
