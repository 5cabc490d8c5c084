import { renameSync, rmSync, writeFileSync } from "node:fs";
import { StatusError } from "@causeway/bridge/status";

/** Writes the ready file in one step, so that nobody reads half of it. @throws StatusError. */
export function writeReadyFile(file: string, description: unknown): void {
  const half = `${file}.${process.pid}`;
  try {
    writeFileSync(half, `${JSON.stringify(description)}\n`);
    renameSync(half, file);
  } catch (cause) {
    rmSync(half, { force: true });
    throw StatusError.wrap(cause, "writing the ready file");
  }
}

/** Removes it; nothing happens if it is gone. */
export function removeReadyFile(file: string): void {
  rmSync(file, { force: true });
}
