/** One line of the table: what the client does, which of its numbers counts, and what is asked of it beside the better peer. */
export interface Line {
  readonly name: string;
  readonly words: readonly string[];
  readonly figure: "ops_s" | "items_s" | "mb_s" | "p50_ms";
  /** What the figure has to reach, as a ratio to the better of the peers; of times: what it may reach. */
  readonly ratio: number;
  readonly executes?: boolean;
}

const SMALL = ["-n", "50000", "-streams", "4", "-conns", "2"];
const MANY = ["-n", "20000", "-streams", "64", "-conns", "4"];
const LARGE = ["-size", "400000000"];
const EXEC = ["-argv", "/bin/true", "-prop", "OSFamily=linux", "-nocache"];

export const LINES: readonly Line[] = [
  { name: "batch, 1 KiB blobs/s", words: ["batch", ...SMALL], figure: "items_s", ratio: 1 },
  { name: "batchread, blobs/s", words: ["batchread", ...SMALL], figure: "items_s", ratio: 0.7 },
  {
    name: "findmissing, missing, digests/s",
    words: ["findmissing", "-n", "20", "-streams", "2"],
    figure: "items_s",
    ratio: 1,
  },
  {
    name: "findmissing, present, digests/s",
    words: ["findmissing", "-n", "20", "-streams", "2", "-present"],
    figure: "items_s",
    ratio: 0.8,
  },
  { name: "write 400 MB, MB/s", words: ["write", ...LARGE], figure: "mb_s", ratio: 1 },
  { name: "read 400 MB, MB/s", words: ["read", ...LARGE], figure: "mb_s", ratio: 1 },
  {
    name: "small, 1 KiB writes/s, 100 streams",
    words: ["small", "-n", "20000", "-streams", "100", "-conns", "4"],
    figure: "ops_s",
    ratio: 0.45,
  },
  { name: "ac, hits/s, 64 in flight", words: ["ac", ...MANY], figure: "ops_s", ratio: 0.5 },
  { name: "unary, capabilities/s, 64 in flight", words: ["unary", ...MANY], figure: "ops_s", ratio: 0.4 },
  {
    name: "exec alone, p50 ms",
    words: ["exec", "-n", "100", "-par", "1", ...EXEC],
    figure: "p50_ms",
    ratio: 1.5,
    executes: true,
  },
  {
    name: "exec, 8 in flight, actions/s",
    words: ["exec", "-n", "300", "-par", "8", ...EXEC],
    figure: "ops_s",
    ratio: 0.8,
    executes: true,
  },
];
