/** How many derivations of the running command are in which state. */
export interface ProgressCounts {
  readonly expected: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

/** Shows a person what a command is doing. Lines are without their newline; `drv` is the full path of a derivation. */
export interface ProgressView {
  counts(counts: ProgressCounts): void;
  started(drv: string): void;
  phase(drv: string, phase: string): void;
  line(drv: string, line: string): void;
  finished(drv: string): void;
  /** A line that stays. */
  message(text: string): void;
  /** Leaves nothing behind but messages. */
  close(): void;
}

/** The stream that a view writes to: standard error, or a test's. */
export interface ViewStream {
  write(text: string): unknown;
  readonly columns?: number;
}

/** The name of a derivation for people: without directory, hash and `.drv`. */
export function shortName(drv: string): string {
  return drv.replace(/^.*\/[0-9a-z]{32}-/, "").replace(/\.drv$/, "");
}

/** A builder's bytes may steer a terminal: colours stay, everything else that is not printable goes. */
export function printable(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f]|\x1b/g, (match) => (match.endsWith("m") ? match : ""));
}
