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
  readonly rows?: number;
}

/** The name of a derivation for people: without directory, hash and `.drv`. */
export function shortName(drv: string): string {
  return drv.replace(/^.*\/[0-9a-z]{32}-/, "").replace(/\.drv$/, "");
}

const CONTROLS = /\x1b\[[0-9;]*m|[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;
const RESET = "\x1b[0m";

/**
 * A line of a builder for a terminal. Its bytes may steer one: colours stay, and end with the line; everything else that is not printable
 * goes.
 */
export function printable(line: string): string {
  const text = line.replace(CONTROLS, (match) => (match.endsWith("m") ? match : ""));
  const last = text.lastIndexOf("\x1b[");
  return last < 0 || text.startsWith(RESET, last) ? text : text + RESET;
}

/** A line of a builder for everything that is no terminal. */
export function withoutColours(line: string): string {
  return line.replace(CONTROLS, "");
}

/** Characters that take two cells of a terminal: East Asian ones, and pictures. Source: Unicode, EastAsianWidth.txt, W and F in blocks. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
/** Made when first needed: it takes 9 ms, and only a terminal needs it. */
let graphemes: Intl.Segmenter | undefined;

/** As much of a line without colours as fits into so many cells. */
export function cutToCells(line: string, cells: number): string {
  let left = cells;
  let end = 0;
  // More units of a string than this per cell are no text, and take long to look at.
  for (const { segment, index } of (graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" })).segment(
    line.slice(0, cells * 8),
  )) {
    left -= WIDE.test(segment) ? 2 : 1;
    if (left < 0) break;
    end = index + segment.length;
  }
  return line.slice(0, end);
}
