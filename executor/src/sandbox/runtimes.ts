import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { Code, StatusError } from "@causeway/bridge/status";
import { mountNamespaceWithout } from "./mount-namespace.js";

/** An OCI runtime of this machine, and how it must be started here. */
export interface Runtime {
  readonly name: "crun" | "runc";
  readonly version: string;
  /** Program and arguments in front of the runtime's own; they end in the runtime's program. */
  readonly launcher: readonly [program: string, ...arguments_: string[]];
  /** Global options that follow the program, when no limits are asked for. */
  readonly withoutCgroup: readonly string[];
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
  const found = await Promise.all(NAMES.filter((name) => wanted === undefined || name === wanted).map(probe));
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

async function probe(name: Runtime["name"]): Promise<Runtime | undefined> {
  try {
    const { stdout } = await promisify(execFile)(name, ["--version"], { timeout: PROBE_TIMEOUT_MS });
    const version = /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
    return {
      name,
      version,
      launcher: await launcherOf(name),
      withoutCgroup: name === "crun" ? ["--cgroup-manager=disabled"] : [],
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    // Not as Internal: it would be tried again, and be as broken.
    const { message } = StatusError.from(error);
    throw new StatusError(Code.FailedPrecondition, `the OCI runtime ${name} does not work: ${message.trim()}`, {
      cause: error,
    });
  }
}

/**
 * `setarch -R` switches the randomisation of addresses off, which Nix does and a container inherits. On a hybrid cgroup layout crun runs in a
 * mount namespace without the version 2 tree: one for all containers where we are root, else each in its own. Who is not root cannot take a
 * mount away there that was inherited, but can cover it.
 */
async function launcherOf(name: Runtime["name"]): Promise<Runtime["launcher"]> {
  if (name !== "crun" || !existsSync(HYBRID_CGROUP)) return ["setarch", "-R", name];
  const asRoot = process.getuid?.() === 0;
  const namespace = asRoot ? await mountNamespaceWithout(HYBRID_CGROUP) : undefined;
  if (namespace !== undefined) return ["nsenter", `--mount=${namespace}`, "setarch", "-R", name];
  const enter = asRoot ? ["--mount"] : ["--mount", "--map-current-user", "--keep-caps"];
  const cover = asRoot ? `umount ${HYBRID_CGROUP}` : `mount -t tmpfs none ${HYBRID_CGROUP}`;
  const hide = `${cover} && exec setarch -R ${name} "$@"`;
  return ["unshare", ...enter, "--propagation", "private", "sh", "-c", hide, name];
}
