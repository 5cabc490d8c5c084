import { HELPER_VERSION } from "../../coordinator/index.js";

/** What a program found that ran as a builder on a cluster: what `executor/helper/causeway-run` says when it is told to look. */
export interface Sight {
  /** The name by which it was called. */
  readonly argv0: string;
  readonly hasTerminal: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly hasProc: boolean;
  readonly hasTmp: boolean;
  /** Whether it could have changed its inputs. */
  readonly canWriteInputs: boolean;
  /** Whether they are dated as in every Nix store: one second after 1970 began. */
  readonly hasStoreTimes: boolean;
  /** Whether equal files of its inputs may be one file with several names. */
  readonly hasLinkedInputs: boolean;
  readonly hostName: string;
  /** Names below `/dev`, of those that Nix gives. */
  readonly devices: readonly string[];
  /** Network interfaces beside the loop-back one. */
  readonly interfaces: readonly string[];
}

const FIRST_LINE = `causeway-look ${HELPER_VERSION}`;

/** Reads what it said; `undefined` if that is not whole. */
export function parseSight(text: string): Sight | undefined {
  const lines = text.replaceAll("\r", "").split("\n");
  const start = lines.indexOf(FIRST_LINE);
  const end = lines.indexOf("end", start);
  if (start < 0 || end < 0) return undefined;
  const said = lines.slice(start + 1, end).map((line): [string, string] => {
    const space = line.indexOf(" ");
    return [line.slice(0, space), line.slice(space + 1)];
  });
  const all = (key: string): string[] => said.filter(([name]) => name === key).map(([, value]) => value);
  const one = (key: string): string => all(key)[0] ?? "";
  return {
    argv0: one("argv0"),
    hasTerminal: one("terminal") === "1",
    uid: Number(one("uid")),
    gid: Number(one("gid")),
    hasProc: one("proc") === "1",
    hasTmp: one("tmp") === "1",
    canWriteInputs: one("store") === "1",
    hasStoreTimes: one("times") === "1",
    hasLinkedInputs: one("links") === "1",
    hostName: one("host"),
    devices: all("device"),
    interfaces: all("interface"),
  };
}
