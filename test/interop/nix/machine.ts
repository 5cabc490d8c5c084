import { accessSync, constants } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
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

/** The machine's static busybox, whose shell brings all tools of the corpus with it. */
const BUSYBOX = "/bin/busybox";

/** Where `createHome` puts the shell that builds get as `/bin/sh`, from both programs. */
export function sandboxShell(home: string): string {
  return join(home, "shell", "busybox");
}

/**
 * A temporary directory that other users can pass through (builds run as other users), with a copy of busybox in it: a build that could
 * change its `/bin/sh` (some of the corpus try) must not be able to change the machine's.
 */
export async function createHome(purpose: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), `causeway-${purpose}-`));
  await chmod(home, 0o755);
  await mkdir(join(home, "shell"));
  await copyFile(BUSYBOX, sandboxShell(home));
  await chmod(sandboxShell(home), 0o755);
  return home;
}

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
    throw new Error(
      `these Debian packages are missing: ${names.join(" ")} (as root: apt-get install ${names.join(" ")})`,
    );
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
