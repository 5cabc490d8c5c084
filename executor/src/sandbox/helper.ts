import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOf, type ByteString } from "@causeway/bridge/formats";

/** Where `npm run build` puts the program, a file of this package wherever our own code is gathered. Its source is `executor/helper/causeway-helper.c`. */
const PROGRAM = fileURLToPath(import.meta.resolve("@causeway/executor/helper"));

/** Changes with what passes between us and the program, so that one that was compiled earlier is found out. */
export const HELPER_VERSION = "1";

/** How to come by the program. */
export const HELPER_REMEDY = "apt-get install gcc (or musl-tools), then compile with 'npm run build'";

/** The program of ours that starts containers; `undefined` where it could not be compiled. */
export function findHelper(): string | undefined {
  return existsSync(PROGRAM) ? PROGRAM : undefined;
}

/** What a container executes that is started by the program: itself, which the runtime hands on as file 3. */
export const HELPER_COMMAND = ["/proc/self/fd/3", "launch"] as const;

/** A command as its first process executes it, without a runtime's JSON between. */
export interface HelperCommand {
  readonly program: ByteString;
  /** From `argv[0]` on. */
  readonly arguments: readonly ByteString[];
  readonly environment: ReadonlyMap<ByteString, ByteString>;
}

/** Writes a command into its bundle, for the program: strings, each with a NUL behind it. None has a NUL in it (`loadAction`). */
export function writeHelperCommand(bundle: string, command: HelperCommand): void {
  const variables = [...command.environment].map(([name, value]) => `${name}=${value}`);
  const strings = [command.program, command.arguments.length, ...command.arguments, ...variables];
  writeFileSync(join(bundle, "command"), bytesOf(strings.map((text) => `${text}\0`).join("") as ByteString), {
    mode: 0o400,
  });
}
