import { join } from "node:path";
import { output } from "./run-program.ts";
import { nixEnvironment } from "./settings.ts";

/** A derivation of the corpus and what is expected of building it; `corpus/default.nix` says what the fields mean. */
export interface Case {
  readonly name: string;
  readonly drvPath: string;
  /** Output names and paths; a placeholder where the path is known only after the build. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly says: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly check?: boolean;
  readonly varies?: boolean;
  readonly differs?: string;
  readonly nixOnly?: string;
}

const CORPUS = join(import.meta.dirname, "corpus");

/**
 * Compiles the probe, evaluates the corpus and writes its derivations into the store under each of `roots`. Each program that builds
 * needs one of its own: it would find the results of the other there.
 *
 * @param home a directory for the compiled probe.
 */
export async function loadCorpus(roots: readonly string[], home: string): Promise<Case[]> {
  const probe = join(home, "probe");
  await output(["gcc", "-static", "-Os", "-s", "-o", probe, join(CORPUS, "probe.c")]);
  let json = "{}";
  for (const root of roots)
    json = await output(
      [
        ...["nix-instantiate", "--eval", "--strict", "--json", "--read-write-mode"],
        ...[join(CORPUS, "default.nix"), "-A", "cases", "--argstr", "probe", probe],
      ],
      { env: { ...nixEnvironment(home), NIX_REMOTE: root } },
    );
  const cases = JSON.parse(Buffer.from(json, "latin1").toString("utf8")) as Record<string, Omit<Case, "name">>;
  return Object.entries(cases).map(([name, entry]) => ({ name, ...entry }));
}

/** Whether all output paths are in the derivation. */
export function hasKnownOutputs(entry: Case): boolean {
  return Object.values(entry.outputs).every((path) => path.startsWith("/nix/store/"));
}
