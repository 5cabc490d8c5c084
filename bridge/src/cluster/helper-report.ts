import { HELPER_VERSION } from "../coordinator/index.js";
import { Code, StatusError } from "../status/index.js";

/** How the builder ended, as the helper saw it. */
export type BuilderEnd =
  | { readonly type: "exited"; readonly code: number }
  | { readonly type: "signalled"; readonly signal: number }
  /** The kernel would not start it; what it said is in the log. */
  | { readonly type: "refused" }
  /** The helper ended it: it said nothing for too long, or too much. */
  | { readonly type: "silent" | "talkative" };

/** What the helper found at an output's place. Hash and size are those of its archive (NAR). */
export type ReportedOutput =
  | { readonly type: "absent" }
  | { readonly type: "whole" | "packed"; readonly narHash: string; readonly narSizeBytes: number }
  /** The first file that is neither regular, directory nor symlink, as a path from the output. */
  | { readonly type: "unsupported"; readonly path: string }
  | { readonly type: "failed"; readonly errno: number; readonly path: string };

/** What the helper tells of a build. */
export interface HelperReport {
  readonly builder: BuilderEnd;
  /** By number; none if the builder failed. */
  readonly outputs: ReadonlyMap<number, ReportedOutput>;
  /** Numbers of outputs that others could have written to. */
  readonly suspicious: ReadonlySet<number>;
}

/** A line for each output, with a path of up to 8 KiB in hex in one of them. */
export const REPORT_BYTES_MAX = 1 << 20;

/**
 * Reads a report. Its form is described in `executor/helper/causeway-run/main.c`.
 *
 * @throws StatusError DataLoss for anything else.
 */
export function parseHelperReport(bytes: Uint8Array): HelperReport {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  if (lines.shift() !== `causeway-report ${HELPER_VERSION}` || lines.pop() !== "" || lines.pop() !== "end")
    throw malformed();
  const builder = builderEnd(lines.shift() ?? "");
  const outputs = new Map<number, ReportedOutput>();
  const suspicious = new Set<number>();
  for (const line of lines) {
    const [word, number = "", ...rest] = line.split(" ");
    if (!/^\d{1,6}$/.test(number)) throw malformed();
    if (word === "suspicious") suspicious.add(Number(number));
    else if (word === "output" && !outputs.has(Number(number))) outputs.set(Number(number), outputOf(rest));
    else throw malformed();
  }
  return { builder, outputs, suspicious };
}

function builderEnd(line: string): BuilderEnd {
  const [, how, digits] = /^builder (exited|signalled|refused|silent|talkative) (\d{1,16})$/.exec(line) ?? [];
  const value = Number(digits);
  if (how === "exited") return { type: how, code: value };
  if (how === "signalled") return { type: how, signal: value };
  if (how === "refused" || how === "silent" || how === "talkative") return { type: how };
  throw malformed();
}

function outputOf([type, first = "", second = ""]: readonly string[]): ReportedOutput {
  if (type === "absent") return { type };
  if (type === "whole" || type === "packed") {
    if (!/^[0-9a-f]{64}$/.test(first) || !/^\d{1,16}$/.test(second)) throw malformed();
    return { type, narHash: first, narSizeBytes: Number(second) };
  }
  if (type === "unsupported") return { type, path: pathOf(first) };
  if (type === "failed") return { type, errno: Number(first), path: pathOf(second) };
  throw malformed();
}

function pathOf(hex: string): string {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw malformed();
  return Buffer.from(hex, "hex").toString("utf8");
}

function malformed(): StatusError {
  return new StatusError(Code.DataLoss, "the report of the helper program is malformed");
}
