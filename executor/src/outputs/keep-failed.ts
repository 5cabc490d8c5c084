import { chmod, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { ExecuteResponse } from "@causeway/bridge/execution";
import { displayOf, type ByteString } from "@causeway/bridge/formats";
import type { LoadedAction } from "../action/load-action.js";

/** What {@link keepFailed} moves where. */
export interface FailedAction {
  /** The action's own directory, with its `root`. */
  readonly directory: string;
  /** Of everything that is kept; on the same file system. */
  readonly failedDirectory: string;
  /** Its directory in there; what {@link ExecutorOptions.ids} made is part of it. */
  readonly name: string;
}

/**
 * Moves the working directory of an action whose command failed to where nobody cleans up. Files keep the owner they had in the sandbox.
 *
 * @returns the response, with a message that says where it is, as Nix does.
 */
export async function keepFailed(
  response: ExecuteResponse,
  loaded: LoadedAction,
  { directory, failedDirectory, name }: FailedAction,
): Promise<ExecuteResponse> {
  const ranToItsEnd = response.status === undefined && response.result?.exitCode === 0;
  // An action that works in its root has nothing of its own to keep.
  if (ranToItsEnd || loaded.workingDirectory.length === 0) return response;
  const target = join(failedDirectory, name);
  await mkdir(failedDirectory, { recursive: true, mode: 0o755 });
  await rename(join(directory, "root", displayOf(loaded.workingDirectory.join("/") as ByteString)), target);
  // The sandbox's owner is nobody on this machine: whoever asked for the files must be able to read them.
  await chmod(target, 0o755);
  return { ...response, message: `keeping build directory '${target}'` };
}
