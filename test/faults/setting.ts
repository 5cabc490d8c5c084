import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { join } from "node:path";
import { CAUSEWAY } from "../interop/nix/create-causeway-builder.ts";
import { createHome, prepareMachine } from "../interop/nix/machine.ts";
import { output, runProgram, type Ended } from "../interop/nix/run-program.ts";
import { nixEnvironment } from "../interop/nix/settings.ts";

/** A place of its own for one file of tests. */
export interface Setting {
  readonly home: string;
  readonly state: string;
  readonly env: NodeJS.ProcessEnv;
  readonly causeway: (words: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Ended>;
  /** With a file as standard input. */
  readonly causewayReading: (file: string, words: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Ended>;
  readonly start: (words: readonly string[]) => Started;
  /** The path of a derivation with this shell script. */
  readonly instantiate: (name: string, script: string) => Promise<string>;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves when standard error has this text. */
  readonly said: (text: string) => Promise<void>;
  /** Exit code or signal, and all of standard error. */
  readonly ended: () => Promise<{ readonly exit: number | string; readonly stderr: string }>;
}

export async function createSetting(purpose: string): Promise<Setting> {
  await prepareMachine();
  const home = await createHome(purpose);
  const state = join(home, "state");
  const env: NodeJS.ProcessEnv = {
    ...nixEnvironment(home),
    NIX_REMOTE: join(home, "evaluation"),
    CAUSEWAY_STATE: state,
  };
  return {
    home,
    state,
    env,
    causeway: (words, more = {}) => runProgram([CAUSEWAY, ...words], { env: { ...env, ...more } }),
    causewayReading: (file, words, more = {}) =>
      runProgram(["/bin/sh", "-c", 'file=$1; shift; exec "$@" < "$file"', "sh", file, CAUSEWAY, ...words], {
        env: { ...env, ...more },
      }),
    start: (words) => startProgram(words, env),
    async instantiate(name, script) {
      const expression = `{ name, script }: derivation { inherit name; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" script ]; }`;
      const argv = ["nix-instantiate", "-E", expression, "--argstr", "name", name, "--argstr", "script", script];
      return (await output(argv, { env })).trim();
    },
  };
}

function startProgram(words: readonly string[], env: NodeJS.ProcessEnv): Started {
  const child = spawn(CAUSEWAY, words, { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  let look = (): void => undefined;
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString("latin1");
    look();
  });
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  return {
    child,
    async said(text) {
      const heard = new Promise<void>((resolve) => {
        look = () => {
          if (stderr.includes(text)) resolve();
        };
        look();
      });
      await Promise.race([
        heard,
        closed.then(() => {
          throw new Error(`it ended without saying '${text}': ${stderr}`);
        }),
      ]);
    },
    async ended() {
      const [code, signal] = await closed;
      return { exit: code ?? signal ?? "unknown", stderr };
    },
  };
}

/** An archive of `a` (2 bytes and a newline) and `sub/large` (300000 bytes). @returns its file. */
export async function sampleArchive({ home, env }: Setting): Promise<string> {
  const script =
    'mkdir -p "$0/sub" && echo hi > "$0/a" && head -c 300000 /dev/urandom > "$0/sub/large" && nix-store --dump "$0" > "$0.nar"';
  await output(["/bin/sh", "-c", script, join(home, "sample")], { env });
  return join(home, "sample.nar");
}

/** How a person is told of an error: exit code 1, one message, and no trace of a program that fell over. */
export function isToldClearly({ exit, stderr }: Pick<Ended, "exit" | "stderr">): boolean {
  return exit === 1 && /^error: /m.test(stderr) && !/This is a bug|^\s+at .*:\d+:\d+|Node\.js v/m.test(stderr);
}

export const readBytes = (file: string): Promise<Buffer> => readFile(file);
