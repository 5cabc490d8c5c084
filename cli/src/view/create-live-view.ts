import {
  cutToCells,
  printable,
  shortName,
  withoutColours,
  type ProgressCounts,
  type ProgressView,
  type ViewStream,
} from "./progress-view.js";

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

  function columns(): number {
    // Some terminals say 0 before they know.
    return stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns;
  }

  function erase(): string {
    const up = drawnRows === 0 ? "" : `\r\x1b[${drawnRows}A\x1b[J`;
    drawnRows = 0;
    return up;
  }

  function draw(): void {
    dirty = false;
    // The cursor cannot go up beyond the first row of the screen: what does not fit would stay there.
    const fitting = Math.max(0, Math.min(ROWS_MAX, (stream.rows ?? ROWS_MAX) - 4));
    const lines = [summary(), ...[...rows].slice(0, fitting).map(([drv, row]) => describe(drv, row))];
    if (rows.size > fitting) lines.push(cutToCells(`  … and ${rows.size - fitting} more`, columns() - 1));
    const before = erase();
    drawnRows = lines.length;
    stream.write(before + lines.map((line) => `${line}\n`).join(""));
  }

  function summary(): string {
    const { running, done, expected, failed } = counts;
    const plain = `[${running}/${done}/${expected} built${failed === 0 ? "" : `, ${failed} failed`}]`;
    if (plain.length >= columns()) return cutToCells(plain, columns() - 1);
    const coloured = failed === 0 ? "" : `, \x1b[31m${failed} failed\x1b[0m`;
    return `[${running}/\x1b[32m${done}\x1b[0m/${expected} built${coloured}]`;
  }

  function describe(drv: string, row: Row): string {
    const seconds = Math.max(0, Math.floor((options.nowMs() - row.sinceMs) / 1000));
    const phase = row.phase === "" ? "" : ` (${row.phase})`;
    // Without colours, and cut: a wrapped line would break the count of rows to erase.
    const line = `  ${shortName(drv)}${phase} ${seconds}s ${row.last}`;
    return cutToCells(line.replaceAll("\t", " "), columns() - 1);
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
      if (row !== undefined) row.phase = withoutColours(phase);
      dirty = true;
    },
    line(drv, line) {
      const row = rows.get(drv);
      if (row !== undefined) row.last = withoutColours(line);
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
