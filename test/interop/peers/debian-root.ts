import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "../nix/run-program.ts";
import { cached } from "./cached.ts";

const UNPACK = fileURLToPath(new URL("unpack-debian.sh", import.meta.url));
const ENTER = fileURLToPath(new URL("enter-root.sh", import.meta.url));
const BASE =
  "base-files base-passwd bash coreutils dash diffutils findutils gawk grep gzip hostname libc-bin mount procps sed tar util-linux".split(
    " ",
  );

/** A root file system of another Debian suite, unpacked beside the system. */
export interface DebianRoot {
  readonly directory: string;
  /** The command that runs one in it, with directories of this machine at their own places. */
  command(words: readonly string[], directories: readonly string[], cwd: string): string[];
}

/** @throws Error that says which package or index could not be had. */
export async function debianRoot(suite: string, packages: readonly string[]): Promise<DebianRoot> {
  const all = [...BASE, ...packages];
  const directory = await cached(`debian-${suite}`, [suite, readFileSync(UNPACK, "utf8"), ...all], async (made) => {
    await output([UNPACK, suite, made, ...all], { timeoutMs: 1_200_000 });
  });
  const root = join(directory, "root");
  return {
    directory: root,
    command: (words, directories, cwd) => [ENTER, root, cwd, ...directories, "--", ...words],
  };
}

/** Bazel 7 and BuildStream 2 with BuildBox, and the toolchains that their actions use. */
export function sidRoot(): Promise<DebianRoot> {
  return debianRoot("sid", [
    "bazel-bootstrap",
    "crun",
    "buildbox",
    "buildstream",
    "busybox-static",
    "gcc",
    "g++",
    "python3",
  ]);
}

/** Bazel 4 and the toolchains that its actions use. */
export function bookwormRoot(): Promise<DebianRoot> {
  return debianRoot("bookworm", ["bazel-bootstrap", "crun", "busybox-static", "gcc", "g++", "python3"]);
}
