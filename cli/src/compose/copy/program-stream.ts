import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ClientStream } from "@causeway/bridge/nix/worker";
import { Code, StatusError } from "@causeway/bridge/status";

/** How long a program may take to end when there is nothing for it any more. */
const END_MS_MAX = 5_000;

/** A program that serves the worker protocol on its standard input and output. What it complains of goes to our standard error. */
export async function programStream([program, ...words]: readonly [string, ...string[]]): Promise<ClientStream> {
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  // Errors come out of reading and writing; without a listener they would end the program.
  child.stdin.on("error", () => undefined);
  child.stdout.on("error", () => undefined);
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new StatusError(Code.Unavailable, `cannot start '${program}': ${(cause as Error).message}`, { cause });
  }
  return {
    input: child.stdout as AsyncIterable<Uint8Array>,
    write(bytes) {
      return new Promise((resolve, reject) => {
        child.stdin.write(bytes, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      });
    },
    destroy: () => void child.kill(),
    async close() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
      await ended;
      clearTimeout(timer);
    },
  };
}
