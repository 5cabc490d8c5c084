import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { displayOf, type ByteString } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { LoadedAction } from "../action/load-action.js";
import type { Identity } from "./identity.js";
import { deviceMounts } from "./make-devices.js";
import { ociConfig, type OciMount } from "./oci-config.js";
import { cgroupOf } from "./remove-cgroups.js";

/** What {@link writeBundle} works with. */
export interface BundleParts {
  /** Of the container; has its `root`. */
  readonly directory: string;
  readonly containerId: string;
  readonly identity: Identity;
  /** What becomes `/dev`, without and with `/dev/kvm`. */
  readonly devices: { readonly plain: string; readonly kvm: string };
  /** What the inputs need. */
  readonly mounts: readonly OciMount[];
  /** The name by which sandboxes reach a path of the host. */
  readonly nameOf: (path: string) => string;
}

/** Whether an action asks for limits that only a cgroup can set. */
export function hasLimits({ platform }: LoadedAction): boolean {
  return platform.memoryBytes !== undefined || platform.cpuCores !== undefined;
}

/**
 * Writes the `config.json` of an action's container.
 *
 * @throws StatusError FailedPrecondition if this machine has no KVM and the action asks for it; InvalidArgument for what the runtime cannot carry.
 */
export function writeBundle(parts: BundleParts, loaded: LoadedAction): void {
  const { kvm } = loaded.platform;
  if (kvm && !existsSync("/dev/kvm"))
    throw new StatusError(Code.FailedPrecondition, "the action asks for KVM, and this machine has no /dev/kvm");
  const { identity } = parts;
  const devices = deviceMounts(kvm ? parts.devices.kvm : parts.devices.plain, kvm, identity.ownsInputs);
  const config = ociConfig({
    arguments: loaded.command.arguments,
    environment: loaded.command.environment,
    workingDirectory: `/${displayOf(loaded.workingDirectory.join("/") as ByteString)}`,
    platform: loaded.platform,
    identity,
    root: parts.nameOf(join(parts.directory, "root")),
    mounts: [...devices, ...parts.mounts].map((mount) => ({ ...mount, source: parts.nameOf(mount.source) })),
    arch: process.arch,
    coreHardLimit: coreHardLimit(),
    ...(hasLimits(loaded) ? { cgroupPath: `/${cgroupOf(parts.containerId)}` } : {}),
  });
  writeFileSync(join(parts.directory, "config.json"), JSON.stringify(config));
}

let hardLimit: string | undefined;

/** The hard limit of core files, as a JSON number: it is inherited, but a runtime sets both limits or none. */
function coreHardLimit(): string {
  if (hardLimit !== undefined) return hardLimit;
  const line = /^Max core file size\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  hardLimit = line === undefined || line === "unlimited" ? RLIM_INFINITY : line;
  return hardLimit;
}

/** All 64 bits set; JavaScript's numbers only come near it. */
const RLIM_INFINITY = "18446744073709551615";
