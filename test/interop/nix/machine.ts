import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { output } from "./run-program.ts";

/** Debian packages and a program of each, by which its presence is known. */
const PACKAGES: Readonly<Record<string, string>> = {
  "nix-bin": "nix-build",
  "busybox-static": "busybox",
  crun: "crun",
  gcc: "gcc",
  "util-linux": "unshare",
};

/** The static shell that builds get as `/bin/sh`, from both programs. */
export const SANDBOX_SHELL = "/bin/busybox";

/**
 * Installs what is missing when we may.
 *
 * @throws Error that names the missing packages, if not root or without apt.
 */
export async function prepareMachine(): Promise<void> {
  const missing = Object.entries(PACKAGES).filter(([, program]) => !installed(program));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  if (process.getuid?.() !== 0 || !installed("apt-get"))
    throw new Error(`these Debian packages are missing: ${names.join(" ")} (as root: apt-get install ${names.join(" ")})`);
  await output(["apt-get", "update"]);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await output(["apt-get", "install", "-y", "--no-install-recommends", ...names], { env });
}

function installed(program: string): boolean {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
