import { displayOf, isUtf8, type ByteString } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Platform } from "../action/platform.js";
import { HELPER_REMEDY } from "./helper.js";
import type { Identity } from "./identity.js";
import { seccompProfile } from "./seccomp.js";

/** A mount in the words of the OCI runtime specification. */
export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** What a container is made from. */
export interface ContainerSpec {
  readonly arguments: readonly ByteString[];
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** Absolute, inside. */
  readonly workingDirectory: string;
  readonly platform: Platform;
  readonly identity: Identity;
  /** The root directory on the host. */
  readonly root: string;
  /** Beside `/proc`, in their order. */
  readonly mounts: readonly OciMount[];
  readonly arch: string;
  /** The hard limit of core files in bytes, which stays; {@link UNLIMITED} is none. */
  readonly coreHardLimit: number;
  /** A name for the cgroup, when limits were asked for. */
  readonly cgroupPath?: string;
}

/** All 41 capabilities of Linux: builders hold none, but may have any in the bounding set, as under Nix. */
const CAPABILITIES = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN " +
  "NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME " +
  "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF " +
  "CHECKPOINT_RESTORE"
)
  .split(" ")
  .map((name) => `CAP_${name}`);

/** Stands for "no limit": the nearest that a number comes to RLIM_INFINITY, 2^64 - 1. */
export const UNLIMITED = 2 ** 64;

const CPU_PERIOD_US = 100_000;

/**
 * The `config.json` of a container that looks like Nix's sandbox.
 *
 * Source: OCI runtime specification 1.0.2; Nix, src/libstore/linux/build/linux-derivation-builder.cc.
 *
 * @throws StatusError FailedPrecondition for an argument or variable that JSON, and so a runtime, cannot carry.
 */
export function ociConfig(spec: ContainerSpec): object {
  const { platform, identity } = spec;
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid: platform.uid, gid: platform.gid, umask: 0o022 },
      args: spec.arguments.map((argument) => textFor("argument", argument)),
      env: [...spec.environment].map(([name, value]) => textFor("variable", `${name}=${value}` as ByteString)),
      cwd: spec.workingDirectory,
      capabilities: { bounding: CAPABILITIES, effective: [], inheritable: [], permitted: [], ambient: [] },
      noNewPrivileges: true,
      rlimits: [{ type: "RLIMIT_CORE", soft: 0, hard: spec.coreHardLimit }],
    },
    root: { path: spec.root, readonly: false },
    hostname: "localhost",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
      ...spec.mounts,
    ],
    linux: {
      uidMappings: idMappings(platform.uid, identity.hostUid, identity.rootUid),
      gidMappings: idMappings(platform.gid, identity.hostGid, identity.rootGid),
      namespaces: ["pid", "ipc", "uts", "mount", "user", ...(platform.network ? [] : ["network"])].map((type) => ({
        type,
      })),
      seccomp: seccompProfile(spec.arch),
      ...(spec.cgroupPath === undefined ? {} : { cgroupsPath: spec.cgroupPath, resources: resourcesOf(platform) }),
    },
  };
}

/** The configuration as a runtime reads it: in JSON, but with RLIM_INFINITY to its last digit. */
export function ociJson(config: object): string {
  // Inside strings the quote before the colon would have a backslash, so this can only be the limit itself.
  return JSON.stringify(config).replace(`"hard":${String(UNLIMITED)}`, '"hard":18446744073709551615');
}

function idMappings(inside: number, outside: number, root: number | undefined): object[] {
  const own = { containerID: inside, hostID: outside, size: 1 };
  return root === undefined || inside === 0 ? [own] : [{ containerID: 0, hostID: root, size: 1 }, own];
}

function resourcesOf(platform: Platform): object {
  return {
    ...(platform.memoryBytes === undefined ? {} : { memory: { limit: platform.memoryBytes } }),
    ...(platform.cpuCores === undefined
      ? {}
      : { cpu: { period: CPU_PERIOD_US, quota: Math.max(1000, Math.round(platform.cpuCores * CPU_PERIOD_US)) } }),
  };
}

/** Runtimes read JSON, whose strings are text. */
function textFor(what: string, value: ByteString): string {
  if (!isUtf8(value))
    throw new StatusError(
      Code.FailedPrecondition,
      `${what} '${displayOf(value)}' is not UTF-8, which only the helper program could pass on; ${HELPER_REMEDY}`,
    );
  return displayOf(value);
}
