import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { HELPER_REMEDY, findHelper } from "./sandbox/helper.js";
import { probeRuntimes } from "./sandbox/runtimes.js";

/** One thing that builds need of a machine. */
export interface MachineCheck {
  readonly check: string;
  readonly ok: boolean;
  /** Builds run without it, if not as well. */
  readonly optional?: boolean;
  /** What was found. */
  readonly found: string;
  /** How to mend it. */
  readonly remedy?: string;
}

/** Builds of any size need more than this; below it they end in the middle. */
const FREE_BYTES_MIN = 2 * 1024 ** 3;

/** Looks at what this machine has for builds. */
export async function examineMachine(options: {
  readonly stateDirectory: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<MachineCheck[]> {
  return [
    {
      check: "system",
      ok: process.platform === "linux",
      found: `${process.platform} on ${process.arch}`,
      remedy: "builds run on Linux only",
    },
    await runtimes(),
    helper(),
    onPath("util-linux", ["unshare", "setarch"], options.env),
    onPath("evaluation", ["nix-instantiate"], options.env, "apt-get install nix-bin (or give .drv files)"),
    userNamespaces(),
    seccomp(),
    cgroups(),
    sandboxShell(),
    space(options.stateDirectory),
  ];
}

async function runtimes(): Promise<MachineCheck> {
  const found = await probeRuntimes();
  const text = found.map(({ name, version }) => `${name} ${version}`).join(", ");
  return {
    check: "OCI runtime",
    ok: found.length > 0,
    found: text === "" ? "none" : text,
    remedy: "apt-get install crun",
  };
}

function helper(): MachineCheck {
  const ok = findHelper() !== undefined;
  return {
    check: "helper program",
    ok,
    optional: true,
    found: ok
      ? "compiled"
      : "none: builders get no terminal, argv[0] is their whole path, their signals read as exit codes, and what they get must be UTF-8",
    remedy: HELPER_REMEDY,
  };
}

function onPath(check: string, programs: readonly string[], env: NodeJS.ProcessEnv, remedy?: string): MachineCheck {
  const missing = programs.filter(
    (program) => !(env["PATH"] ?? "").split(":").some((directory) => isExecutable(`${directory}/${program}`)),
  );
  const found = missing.length === 0 ? programs.join(", ") : `${missing.join(", ")} not found`;
  return { check, ok: missing.length === 0, found, remedy: remedy ?? `apt-get install ${check}` };
}

function userNamespaces(): MachineCheck {
  const text = read("/proc/sys/user/max_user_namespaces");
  const cloning = read("/proc/sys/kernel/unprivileged_userns_clone");
  const root = process.getuid?.() === 0;
  const ok = text !== undefined && Number(text) > 0 && (root || cloning === undefined || cloning === "1");
  return {
    check: "user namespaces",
    ok,
    found: text === undefined ? "not in this kernel" : ok ? "allowed" : "switched off",
    remedy: "sysctl user.max_user_namespaces=10000 kernel.unprivileged_userns_clone=1",
  };
}

function seccomp(): MachineCheck {
  const actions = read("/proc/sys/kernel/seccomp/actions_avail");
  const ok = actions?.split(" ").includes("errno") ?? false;
  return {
    check: "seccomp",
    ok,
    found: ok ? "filters" : "not in this kernel",
    remedy: "a kernel with CONFIG_SECCOMP_FILTER",
  };
}

/** Any layout will do; limits on memory and processors need one that we may write to. */
function cgroups(): MachineCheck {
  const layout = existsSync("/sys/fs/cgroup/cgroup.controllers")
    ? "version 2"
    : existsSync("/sys/fs/cgroup/unified")
      ? "version 1 and 2 (hybrid)"
      : existsSync("/sys/fs/cgroup/memory")
        ? "version 1"
        : "none: no limits on memory and processors";
  return { check: "cgroups", ok: true, found: layout };
}

function sandboxShell(): MachineCheck {
  const ok = existsSync("/bin/busybox");
  return {
    check: "shell for builds",
    ok,
    found: ok ? "/bin/busybox" : "no static shell found: builds have no /bin/sh",
    remedy: "apt-get install busybox-static, or set sandbox-paths = /bin/sh=FILE",
  };
}

function space(stateDirectory: string): MachineCheck {
  let place = stateDirectory;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  return {
    check: "space for the state",
    ok: free >= FREE_BYTES_MIN,
    found: `${(free / 1024 ** 3).toFixed(1)} GiB free for ${stateDirectory}`,
    remedy: "make room, or choose another place with --state",
  };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined; // The kernel does not have it.
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
