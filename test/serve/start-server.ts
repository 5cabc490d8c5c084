import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CAUSEWAY = fileURLToPath(new URL("../../cli/bin/causeway", import.meta.url));

/** More than a server needs to end that nobody calls any more. */
const STOP_MS = 5_000;

/** How a program ended. */
export interface Ended {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** `causeway serve` as a process. */
export interface ServerProcess {
  /** Resolves when it serves. @throws Error with what it said, if it ended before. */
  ready(): Promise<{ readonly grpc: string; readonly http: string; readonly pid: number }>;
  /** Resolves when standard error has this text. */
  said(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  ended(): Promise<Ended>;
}

/** A directory of its own for servers that share a state. */
export interface ServerHome extends AsyncDisposable {
  readonly directory: string;
  readonly state: string;
  /** @param config YAML of the configuration; it listens on ports that are free unless the words say otherwise. */
  start(options?: {
    readonly config?: string;
    readonly words?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  }): ServerProcess;
  run(words: readonly string[], input?: string): Promise<Ended>;
}

/**
 * Makes a home; disposing ends what still runs and removes everything.
 *
 * @param wrap - Makes the command that runs one somewhere else, such as in another root file system. It has to become the command (`exec`), for
 * signals go to the process it starts as.
 */
export async function createServerHome(
  wrap: (command: string[]) => string[] = (command) => command,
): Promise<ServerHome> {
  const directory = await mkdtemp(join(tmpdir(), "causeway-serve-"));
  const state = join(directory, "state");
  const running = new Set<Process>();
  let configs = 0;

  function launch(words: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
    const process = new Process(wrap([CAUSEWAY, ...words]), { PATH: "/usr/bin:/bin", HOME: directory, ...env });
    running.add(process);
    return process;
  }

  return {
    directory,
    state,
    start({ config, words = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"], env } = {}) {
      const file = join(directory, `serve-${configs++}.yaml`);
      const all = ["serve", "--json", "--state", state, ...(config === undefined ? [] : ["--config", file]), ...words];
      const written = config === undefined ? Promise.resolve() : writeFile(file, config);
      const started = written.then(() => launch(all, env));
      return {
        ready: async () => (await started).ready(),
        said: async (text) => (await started).said(text),
        signal: (name) => void started.then((process) => process.signal(name)),
        ended: async () => (await started).ended,
      };
    },
    run: (words, input = "") => launch(words).fed(input),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((process) => process.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

class Process {
  readonly ended: Promise<Ended>;
  readonly #child;
  readonly #output = { stdout: "", stderr: "" };
  readonly #watchers = new Set<() => void>();
  #hasEnded = false;

  constructor([program = "", ...words]: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, words, { env, stdio: ["pipe", "pipe", "pipe"] });
    for (const name of ["stdout", "stderr"] as const)
      this.#child[name].on("data", (piece: Buffer) => {
        this.#output[name] += piece.toString();
        this.#wake();
      });
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      this.#hasEnded = true;
      this.#wake();
      return { exit: (code ?? signal) as number | string, ...this.#output };
    });
  }

  async ready(): Promise<{ grpc: string; http: string; pid: number }> {
    await this.#until("stdout", "\n");
    return JSON.parse(this.#output.stdout) as { grpc: string; http: string; pid: number };
  }

  said(text: string): Promise<void> {
    return this.#until("stderr", text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asked, it leaves nothing behind; one that waits for calls longer than that is killed. */
  async stop(): Promise<void> {
    this.signal("SIGTERM");
    const killing = setTimeout(() => this.signal("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(killing);
  }

  fed(input: string): Promise<Ended> {
    this.#child.stdin.end(input);
    return this.ended;
  }

  async #until(name: "stdout" | "stderr", text: string): Promise<void> {
    while (!this.#output[name].includes(text)) {
      if (this.#hasEnded) throw new Error(`it ended without saying '${text}': ${this.#output.stderr}`);
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}
