import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { Code, StatusError } from "@causeway/bridge/status";
import { findHelper } from "./helper.js";

/** An OCI runtime of this machine, and how it must be started here. */
export interface Runtime {
  readonly name: "crun" | "runc";
  readonly version: string;
  /** The command that takes a shell script as its last argument and runs it where containers can be started. */
  enter(needsMounts: boolean): readonly [program: string, ...arguments_: string[]];
  /** Shell commands that come first in that script. */
  readonly prelude: string;
  /** The global option for containers without limits, or nothing. */
  readonly withoutCgroup: string;
  /** The program of ours that starts containers with it. Without it a shell must do. */
  readonly helper?: string;
}

/** Where Linux shows version 2 of cgroups beside version 1, a layout that Debian 12's crun refuses. */
const HYBRID_CGROUP = "/sys/fs/cgroup/unified";

/** A version question is answered at once, or the program is broken. */
const PROBE_TIMEOUT_MS = 10_000;

const NAMES = ["crun", "runc"] as const;

/**
 * Finds the OCI runtimes of this machine, the faster one first.
 *
 * @param wanted only this one.
 */
export async function probeRuntimes(wanted?: Runtime["name"]): Promise<Runtime[]> {
  const fixedAddresses = (await versionOf("setarch", ["-R", "setarch"])) !== undefined;
  const found = await Promise.all(
    NAMES.filter((name) => wanted === undefined || name === wanted).map((name) => probe(name, fixedAddresses)),
  );
  return found.filter((runtime) => runtime !== undefined);
}

/** @throws StatusError FailedPrecondition that says what to install. */
export async function findRuntime(wanted?: Runtime["name"]): Promise<Runtime> {
  const [runtime] = await probeRuntimes(wanted);
  if (runtime !== undefined) return runtime;
  throw new StatusError(
    Code.FailedPrecondition,
    `no OCI runtime is installed: builds need ${wanted ?? "crun or runc"} (Debian: apt-get install ${wanted ?? "crun"}); 'causeway doctor' says what else is missing`,
  );
}

async function probe(name: Runtime["name"], fixedAddresses: boolean): Promise<Runtime | undefined> {
  const version = await versionOf(name);
  if (version === undefined) return undefined;
  const helper = findHelper();
  return {
    name,
    version,
    ...startOf(name, fixedAddresses),
    withoutCgroup: name === "crun" ? "--cgroup-manager=disabled" : "",
    ...(helper === undefined ? {} : { helper }),
  };
}

/** @returns `undefined` if the program is not there, or (with arguments) may not do what they say. */
async function versionOf(program: string, before: readonly string[] = []): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, [...before, "--version"], { timeout: PROBE_TIMEOUT_MS });
    return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
  } catch (error) {
    if (before.length > 0 || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // Not as Internal: it would be tried again, and be as broken.
    const { message } = StatusError.from(error);
    throw new StatusError(Code.FailedPrecondition, `the OCI runtime ${program} does not work: ${message.trim()}`, {
      cause: error,
    });
  }
}

/**
 * `setarch -R` switches the randomisation of addresses off, which Nix does too and a container inherits; like Nix we go on where that is not
 * allowed (Docker's own seccomp profile forbids it). On a hybrid cgroup layout crun runs in a mount namespace of its own without the version 2
 * tree: root takes it away; others, who may not, cover all of it. What is mounted or unmounted later is so there too.
 */
function startOf(name: Runtime["name"], fixedAddresses: boolean): Pick<Runtime, "enter" | "prelude"> {
  const setarch = fixedAddresses ? ["setarch", "-R"] : [];
  const hybrid = name === "crun" && existsSync(HYBRID_CGROUP);
  const root = process.getuid?.() === 0;
  const hide = root ? `umount ${HYBRID_CGROUP}` : "mount -t tmpfs none /sys/fs/cgroup";
  return {
    enter(needsMounts) {
      const own = root ? [] : ["--map-current-user", "--keep-caps"];
      const unshare = hybrid || needsMounts ? ["unshare", "--mount", ...own, "--propagation", "slave"] : [];
      return [...setarch, ...unshare, "sh", "-c"] as unknown as [string, ...string[]];
    },
    prelude: hybrid ? `${hide} || exit` : "",
  };
}
