import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OciMount } from "./oci-config.js";

const DEVICES = ["full", "null", "random", "tty", "urandom", "zero"];

const LINKS: Readonly<Record<string, string>> = {
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
  ptmx: "/dev/pts/ptmx",
};

/** What is in a `/dev` beside what all builds have. */
export interface DeviceOptions {
  /** `/dev/kvm`. */
  readonly kvm: boolean;
}

/**
 * Makes, unless it is there, what becomes `/dev` of all containers: the places of devices and directories that are mounted over, and symlinks.
 * A runtime's own `/dev` would have more in it (crun adds `/dev/core`), and takes longer.
 *
 * Source: Nix, src/libstore/linux/build/chroot-derivation-builder.cc.
 *
 * @param parent where it is to be.
 * @returns its directory.
 */
export function makeDevices(parent: string, options: DeviceOptions): string {
  const directory = join(parent, options.kvm ? "dev-kvm" : "dev");
  if (existsSync(directory)) return directory;
  mkdirSync(directory);
  const directories: (readonly [name: string, mode: number])[] = [
    [".", 0o755],
    ["pts", 0o755],
    ["shm", 0o1777], // runc gives a mount the mode of the directory below it.
  ];
  for (const [name, mode] of directories) {
    mkdirSync(join(directory, name), { recursive: true });
    chmodSync(join(directory, name), mode);
  }
  for (const name of devicesOf(options)) writeFileSync(join(directory, name), "");
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(directory, name));
  return directory;
}

function devicesOf({ kvm }: DeviceOptions): readonly string[] {
  return kvm ? [...DEVICES, "kvm"] : DEVICES;
}

/**
 * The mounts for `/dev`.
 *
 * @param directory what {@link makeDevices} made with the same options.
 * @param readOnly whether the builder owns that directory, and could change it for the actions to come.
 */
export function deviceMounts(directory: string, options: DeviceOptions, readOnly: boolean): OciMount[] {
  const bind = (name: string): OciMount => ({
    destination: `/dev/${name}`,
    type: "none",
    source: `/dev/${name}`,
    options: ["bind"],
  });
  return [
    { destination: "/dev", type: "none", source: directory, options: ["bind", readOnly ? "ro" : "rw"] },
    ...devicesOf(options).map(bind),
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
    },
    { destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "nodev", "mode=1777", "size=50%"] },
  ];
}
