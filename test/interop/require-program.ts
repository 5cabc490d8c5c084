import { execFileSync, spawnSync } from "node:child_process";

/**
 * Makes sure that a program is there: as root on Debian it is installed when missing, otherwise the test fails and says what to install.
 *
 * @param probe - A command that succeeds when the program can be used.
 * @param debianPackage - The package that brings it.
 */
export function requireProgram(probe: readonly [string, ...string[]], debianPackage: string): void {
  if (works(probe)) return;
  if (process.getuid?.() === 0 && works(["apt-get", "--version"])) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync("apt-get", ["update"], { env, stdio: "pipe" });
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", debianPackage], { env, stdio: "pipe" });
    if (works(probe)) return;
  }
  throw new Error(
    `${probe.join(" ")} does not work; install the Debian package ${debianPackage} or what corresponds to it`,
  );
}

function works([program, ...args]: readonly [string, ...string[]]): boolean {
  const { error, status } = spawnSync(program, args, { stdio: "ignore" });
  return error === undefined && status === 0;
}
