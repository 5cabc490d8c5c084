/** The time of day, handed in so that tests can set it. */
export interface Clock {
  /** Milliseconds since the epoch, with fractions. */
  nowMs(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = { nowMs: () => performance.timeOrigin + performance.now() };
