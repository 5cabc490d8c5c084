import { printable, shortName, type ProgressCounts, type ProgressView, type ViewStream } from "./progress-view.js";

/** What {@link createLiveView} needs beside its stream. */
export interface LiveViewOptions {
  readonly printLogs: boolean;
  readonly nowMs: () => number;
  /** Calls back repeatedly until the returned function is called; tests pass their own. */
  readonly every: (intervalMs: number, tick: () => void) => () => void;
}

/** Ten frames a second are enough to read, and cost nothing. */
const FRAME_MS = 100;
/** More rows than this push the messages off small screens. */
const ROWS_MAX = 12;

interface Row {
  readonly sinceMs: number;
  phase: string;
  last: string;
}

/** A block at the bottom of a terminal: how far, what builds, since when, and its last log line. Messages scroll above it. */
export function createLiveView(stream: ViewStream, options: LiveViewOptions): ProgressView {
  const rows = new Map<string, Row>();
  let counts: ProgressCounts = { expected: 0, running: 0, done: 0, failed: 0 };
  let drawnRows = 0;
  let dirty = false;
  const stop = options.every(FRAME_MS, () => {
    if (dirty || rows.size > 0) draw();
  });

  function erase(): string {
    const up = drawnRows === 0 ? "" : `\r\x1b[${drawnRows}A\x1b[J`;
    drawnRows = 0;
    return up;
  }

  function draw(): void {
    dirty = false;
    const lines = [summary(), ...[...rows].slice(0, ROWS_MAX).map(([drv, row]) => describe(drv, row))];
    if (rows.size > ROWS_MAX) lines.push(`  … and ${rows.size - ROWS_MAX} more`);
    const before = erase();
    drawnRows = lines.length;
    stream.write(before + lines.map((line) => `${line}\n`).join(""));
  }

  function summary(): string {
    const failed = counts.failed === 0 ? "" : `, \x1b[31m${counts.failed} failed\x1b[0m`;
    return `[${counts.running}/\x1b[32m${counts.done}\x1b[0m/${counts.expected} built${failed}]`;
  }

  function describe(drv: string, row: Row): string {
    const seconds = Math.max(0, Math.floor((options.nowMs() - row.sinceMs) / 1000));
    const phase = row.phase === "" ? "" : ` (${row.phase})`;
    const head = `  ${shortName(drv)}${phase} ${seconds}s `;
    // Cut by characters, without colours: a wrapped line would break the count of rows to erase.
    const width = (stream.columns ?? 80) - 1;

    const text = head + row.last.replace(/\x1b\[[0-9;]*m/g, "").replaceAll("\t", " ");
    return Array.from(text).slice(0, width).join("");
  }

  function above(text: string): void {
    stream.write(`${erase()}${text}\n`);
    dirty = true;
  }

  return {
    counts(next) {
      counts = next;
      dirty = true;
    },
    started(drv) {
      rows.set(drv, { sinceMs: options.nowMs(), phase: "", last: "" });
      dirty = true;
    },
    phase(drv, phase) {
      const row = rows.get(drv);
      if (row !== undefined) row.phase = printable(phase);
      dirty = true;
    },
    line(drv, line) {
      const row = rows.get(drv);
      if (row !== undefined) row.last = printable(line);
      if (options.printLogs) above(`\x1b[1m${shortName(drv)}>\x1b[0m ${printable(line)}`);
      dirty = true;
    },
    finished(drv) {
      rows.delete(drv);
      dirty = true;
    },
    message: above,
    close() {
      stop();
      stream.write(erase());
    },
  };
}
