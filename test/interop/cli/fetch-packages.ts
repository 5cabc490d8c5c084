import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { output, runProgram } from "../nix/run-program.ts";

/** GNU hello with a C toolchain, as users find it. */
export const EXAMPLE = join(import.meta.dirname, "..", "..", "..", "examples", "debian-toolchain");
/** Downloads outlive a checkout. */
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "causeway-peers", "debian-toolchain");

/** Fetches once for all runs; two that do it at the same time do not meet. @returns the folder with what the example is built from. */
export async function fetchPackages(): Promise<string> {
  if (existsSync(CACHE)) return CACHE;
  await mkdir(join(CACHE, ".."), { recursive: true });
  const fresh = await mkdtemp(`${CACHE}.`);
  try {
    await cp(join(EXAMPLE, "fetch.sh"), join(fresh, "fetch.sh"));
    const first = await runProgram([join(fresh, "fetch.sh")]);
    if (first.exit !== 0) {
      // Package lists may be old or absent.
      await output(["apt-get", "update"]);
      await output([join(fresh, "fetch.sh")]);
    }
    await rename(fresh, CACHE).catch((error: unknown) => {
      if (!existsSync(CACHE)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return CACHE;
}
