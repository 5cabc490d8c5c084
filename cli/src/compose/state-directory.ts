import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where the state is: the option, `$CAUSEWAY_STATE`, `/var/lib/causeway` for root, else below `$XDG_STATE_HOME`. */
export function stateDirectory(option: string | undefined, env: NodeJS.ProcessEnv): string {
  const said = option ?? env["CAUSEWAY_STATE"];
  if (said !== undefined && said !== "") return resolve(said);
  const xdg = env["XDG_STATE_HOME"];
  if (xdg !== undefined && xdg !== "") return join(xdg, "causeway");
  if (process.getuid?.() === 0) return "/var/lib/causeway";
  return join(env["HOME"] ?? homedir(), ".local/state/causeway");
}
