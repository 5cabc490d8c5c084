import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where `npm run build` puts the program. Its source is `executor/helper/causeway-run`. */
const PROGRAM = fileURLToPath(import.meta.resolve("@causeway/executor/cluster-helper"));

/** The helper program that goes with actions to clusters; `undefined` where it could not be compiled. */
export function findClusterHelper(): string | undefined {
  return existsSync(PROGRAM) ? PROGRAM : undefined;
}
