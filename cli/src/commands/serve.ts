import { randomBytes } from "node:crypto";
import { hashPassword } from "@causeway/bridge/access";
import { Code, StatusError } from "@causeway/bridge/status";
import { loadServeConfig, type ServeOptions } from "../compose/serve/load-config.js";
import { openLog } from "../compose/serve/open-log.js";
import { openServer } from "../compose/serve/open-server.js";
import { untilStopped } from "../compose/serve/signals.js";
import { tuneMemory } from "../compose/tune-memory.js";
import { writeOut } from "../output.js";

/** `causeway serve`: serves until a signal, then lets what runs end. */
export async function serve(options: ServeOptions): Promise<void> {
  tuneMemory();
  const { config, warnings } = loadServeConfig(options, process.env);
  const log = await openLog(config.log, process.stderr.isTTY);
  for (const warning of warnings) log.warn(warning);
  // From the first moment: who stops a server that is still opening a large state must not leave it locked.
  let reload = (): void => undefined;
  const stopped = untilStopped({ reload: () => reload() });
  const server = await openServer(config, { environment: process.env, log });
  reload = () => server.reload();
  if (options.json === true) await writeOut(`${JSON.stringify(server.description)}\n`);
  const signal = await stopped;
  log.info("stopping", { signal, deadlineSeconds: config.drainSeconds });
  await server.close(config.drainSeconds * 1000);
  log.info("stopped");
}

const SALT_BYTES = 16;

/** `causeway serve --hash-password`: the hash of a password, for the configuration, from standard input. */
export async function hashPasswordCommand(): Promise<void> {
  const pieces = await Array.fromAsync(process.stdin as AsyncIterable<Buffer>);
  const password = Buffer.concat(pieces)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (password === "") throw new StatusError(Code.InvalidArgument, "there is no password on standard input");
  await writeOut(`${await hashPassword(password, randomBytes(SALT_BYTES))}\n`);
}
