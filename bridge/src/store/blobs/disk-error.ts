import { StatusError } from "../../status/index.js";

/** An errno as a status that says what was being done. A full disk is ResourceExhausted, everything unknown Internal. */
export function diskError(error: unknown, doing: string): StatusError {
  return StatusError.wrap(error, doing);
}

/** Whether it says that a path does not exist. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOENT";
}
