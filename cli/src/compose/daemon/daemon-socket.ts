import { join } from "node:path";

/** Where the daemon of a state is reached, by its owner. */
export function daemonSocketOf(stateDirectory: string): string {
  return join(stateDirectory, "nix.sock");
}
