import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { byteStringOf, displayOf, type ByteString } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { LoadedAction } from "../action/load-action.js";
import { HELPER_COMMAND, writeHelperCommand } from "./helper.js";
import { deviceMounts, makeDevices } from "./make-devices.js";
import { UNLIMITED, ociConfig, ociJson, type ContainerSpec, type OciMount } from "./oci-config.js";
import { cgroupOf } from "./remove-cgroups.js";
import type { ContainerStreams } from "./runtime-shell.js";
import type { Slot } from "./slot.js";

/** What {@link writeBundle} works with. */
export interface BundleParts {
  /** Of the container, below the work directory; has its `root`. */
  readonly directory: string;
  readonly containerId: string;
  readonly slot: Slot;
  /** What becomes `/`: the action's own `root`, or one that it shares with others. */
  readonly root: string;
  /** Where the input root is in it; empty: it is `/`. */
  readonly workingTree: string;
  /** What the inputs need. */
  readonly mounts: readonly OciMount[];
  /** The name by which sandboxes reach a path of the host. */
  readonly nameOf: (path: string) => string;
}

/** What {@link writeBundle} has decided. */
export interface Bundle {
  readonly streams: ContainerStreams;
  /** Whether there are limits that only a cgroup can set. */
  readonly withCgroup: boolean;
}

/**
 * Writes the `config.json` of an action's container.
 *
 * @throws StatusError FailedPrecondition for what this machine or its runtime cannot do; InvalidArgument for what the runtime cannot carry.
 */
export function writeBundle(parts: BundleParts, loaded: LoadedAction): Bundle {
  const { slot, directory } = parts;
  const { platform, command } = loaded;
  const withCgroup = platform.memoryBytes !== undefined || platform.cpuCores !== undefined;
  checkMachine(slot, loaded, withCgroup);
  const hasHelper = slot.runtime.helper !== undefined;
  const options = { kvm: platform.kvm };
  const devices = deviceMounts(makeDevices(dirname(directory), options), options, slot.identity.ownsInputs);
  const mounts = [...devices, ...parts.mounts];
  const config = ociConfig({
    ...(hasHelper ? throughHelper(directory, loaded) : command),
    workingDirectory: `${parts.workingTree}/${displayOf(loaded.workingDirectory.join("/") as ByteString)}`,
    platform,
    identity: slot.identity,
    root: parts.nameOf(parts.root),
    mounts: mounts.map((mount) => ({ ...mount, source: parts.nameOf(mount.source) })),
    arch: process.arch,
    coreHardLimit: coreHardLimit(),
    ...(withCgroup ? { cgroupPath: `/${cgroupOf(parts.containerId)}` } : {}),
  });
  writeFileSync(join(directory, "config.json"), ociJson(config));
  const streams = platform.terminal && hasHelper ? "terminal" : platform.mergeStderr ? "merge" : "apart";
  return { streams, withCgroup };
}

function throughHelper(
  directory: string,
  { command, platform }: LoadedAction,
): Pick<ContainerSpec, "arguments" | "environment"> {
  const [program, ...others] = command.arguments as [ByteString, ...ByteString[]];
  const name = platform.argv0 === "basename" ? (program.slice(program.lastIndexOf("/") + 1) as ByteString) : program;
  writeHelperCommand(directory, { program, arguments: [name, ...others], environment: command.environment });
  return { arguments: HELPER_COMMAND.map(byteStringOf), environment: new Map() };
}

function checkMachine({ runtime, identity }: Slot, { platform }: LoadedAction, withCgroup: boolean): void {
  if (platform.kvm && !existsSync("/dev/kvm"))
    throw new StatusError(Code.FailedPrecondition, "the action asks for KVM, and this machine has no /dev/kvm");
  if (identity.rootUid !== undefined) return;
  if (runtime.name === "runc" && platform.uid !== 0)
    throw new StatusError(
      Code.FailedPrecondition,
      `runc runs builds as user ${platform.uid} only for root; install crun, or run as root`,
    );
  if (withCgroup)
    throw new StatusError(Code.FailedPrecondition, "limits on memory and processors need root on this machine");
}

let hardLimit: number | undefined;

/** The hard limit of core files is inherited; a runtime sets both limits or none. */
function coreHardLimit(): number {
  if (hardLimit !== undefined) return hardLimit;
  const line = /^Max core file size\s+\S+\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  hardLimit = line === undefined || line === "unlimited" ? UNLIMITED : Number(line);
  return hardLimit;
}
