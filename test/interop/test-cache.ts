import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/**
 * A folder outside the checkout for what tests download: it outlives the run, and several runs may use it at once. `CAUSEWAY_TEST_CACHE`
 * names another place.
 */
export function testCache(...segments: readonly string[]): string {
  const root =
    process.env["CAUSEWAY_TEST_CACHE"] ??
    path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "causeway-test");
  const directory = path.join(root, ...segments);
  mkdirSync(directory, { recursive: true });
  return directory;
}
