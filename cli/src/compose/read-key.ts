import { readFileSync } from "node:fs";
import { StatusError } from "@causeway/bridge/status";

/** The text of a secret key. @throws StatusError NotFound and such, with the file's name. */
export function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw StatusError.wrap(cause, `reading the secret key ${file}`);
  }
}
