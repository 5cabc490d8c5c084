import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { createHome, prepareMachine } from "../nix/machine.ts";
import { runNix } from "../nix/run-nix.ts";
import { output, outputOf, runProgram, type Ended, type RunOptions } from "../nix/run-program.ts";
import { nixEnvironment, SHARED_SETTINGS } from "../nix/settings.ts";

export const VALUES = join(import.meta.dirname, "values.nix");

/** A state of Causeway and a store of real Nix, both new and private, as a person at a shell would use them. */
export interface Session extends AsyncDisposable {
  /** For files of the test. */
  readonly home: string;
  readonly state: string;
  /** The store that derivations are evaluated into. */
  readonly evaluation: string;
  /** The root of Nix's own store. */
  readonly nixRoot: string;
  readonly env: NodeJS.ProcessEnv;
  causeway(...words: readonly string[]): Promise<Ended>;
  /** Its standard output, without the last newline. @throws Error if it fails. */
  causewayOutput(...words: readonly string[]): Promise<string>;
  /** Runs a program of Nix on its own store, e.g. `nix-store --add x`. */
  nix(program: string, ...words: readonly string[]): Promise<Ended>;
  nixOutput(program: string, ...words: readonly string[]): Promise<string>;
  /** The derivation of an attribute of `values.nix`, in the evaluation store. */
  derivation(attribute: string, ...words: readonly string[]): Promise<string>;
}

/** Opens one; disposing it removes everything. */
export async function openSession(): Promise<Session> {
  await prepareMachine();
  const home = await createHome("cli");
  const [state, evaluation, nixRoot] = [join(home, "state"), join(home, "evaluation"), join(home, "nix")];
  const env = { ...nixEnvironment(home), NIX_REMOTE: evaluation, CAUSEWAY_STATE: state };
  // Its builds run as root: nothing here tries to break out.
  const nixEnv = { ...nixEnvironment(home, { ...SHARED_SETTINGS, "build-users-group": "" }), NIX_REMOTE: nixRoot };
  const at: RunOptions = { env, cwd: home };
  const trimmed = (text: string): string => text.replace(/\n$/, "");
  return {
    ...{ home, state, evaluation, nixRoot, env },
    causeway: (...words) => runProgram([CAUSEWAY, ...words], at),
    causewayOutput: async (...words) => trimmed(await output([CAUSEWAY, ...words], at)),
    nix: (...argv) => runNix(argv, { env: nixEnv, cwd: home }),
    nixOutput: async (...argv) => trimmed(outputOf(argv, await runNix(argv, { env: nixEnv, cwd: home }))),
    derivation: async (attribute, ...words) =>
      trimmed(await output(["nix-instantiate", VALUES, "-A", attribute, ...words], at)),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

/** The derivations that a build says it runs, by name. */
export function built(ended: Ended): string[] {
  return [...ended.stderr.matchAll(/^building '.*\/[0-9a-z]{32}-(.*)\.drv'\.\.\.$/gm)].map((match) => match[1]!).sort();
}

/** A new directory in the session's home. */
export function directoryIn(session: Session, name: string): Promise<string> {
  return mkdtemp(join(session.home, `${name}-`));
}
