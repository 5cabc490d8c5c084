import type { Property } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";

/** What the platform properties of an action ask of the sandbox. */
export interface Platform {
  /** Of the command inside the sandbox. */
  readonly uid: number;
  readonly gid: number;
  readonly network: boolean;
  /** stderr goes where stdout goes, so that the order of writes is kept. */
  readonly mergeStderr: boolean;
  readonly inputs: "read-only" | "writable";
  readonly kvm: boolean;
  readonly memoryBytes?: number;
  readonly cpuCores?: number;
}

/** The machine, as the properties OSFamily, ISA and Arch name it. */
export interface Machine {
  /** As in `process.platform`. */
  readonly os: string;
  /** As in `process.arch`. */
  readonly arch: string;
}

/** ids above this are -1 and its neighbours to some system calls. */
const ID_MAX = 2 ** 31 - 1;

/** Names of processors, from the lexicon of REAPI's platform.md and from `uname -m` (Bazel users write either). */
const archNames: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86-64", "x86_64", "amd64", "x86-32", "x86", "i686"],
  arm64: ["arm-a64", "aarch64", "arm64"],
};

type Draft = { -readonly [K in keyof Platform]: Platform[K] };

const readers: Readonly<Record<string, (draft: Draft, value: string, machine: Machine) => void>> = {
  OSFamily: (_, value, machine) => {
    if (value.toLowerCase() !== machine.os) refuse("OSFamily", value, `this machine is ${machine.os}`, true);
  },
  ISA: (_, value, machine) => {
    checkArch("ISA", value, machine);
  },
  Arch: (_, value, machine) => {
    checkArch("Arch", value, machine);
  },
  unixUID: (draft, value) => (draft.uid = wholeNumber("unixUID", value, ID_MAX)),
  unixGID: (draft, value) => (draft.gid = wholeNumber("unixGID", value, ID_MAX)),
  network: (draft, value) => (draft.network = oneOf("network", value, ["off", "on"]) === "on"),
  stderr: (draft, value) => (draft.mergeStderr = oneOf("stderr", value, ["stderr", "stdout"]) === "stdout"),
  inputs: (draft, value) => (draft.inputs = oneOf("inputs", value, ["read-only", "writable"])),
  kvm: (draft, value) => (draft.kvm = oneOf("kvm", value, ["off", "on"]) === "on"),
  memory: (draft, value) => (draft.memoryBytes = wholeNumber("memory", value, Number.MAX_SAFE_INTEGER)),
  cpu: (draft, value) => (draft.cpuCores = cores(value)),
};

/**
 * Reads the platform properties of an action.
 *
 * `OSFamily`, `ISA`, `Arch` are compared with this machine. `unixUID` and `unixGID` (1000, 100), `network` (`off`, `on`), `stderr`
 * (`stderr`, `stdout`: one stream), `inputs` (`writable`, `read-only`), `kvm` (`off`, `on`), `memory` in bytes and `cpu` in cores shape the
 * sandbox.
 *
 * @throws StatusError InvalidArgument for a property or value that is not known; FailedPrecondition for a machine that is not this one.
 */
export function readPlatform(properties: readonly Property[], machine: Machine): Platform {
  const draft: Draft = { uid: 1000, gid: 100, network: false, mergeStderr: false, inputs: "writable", kvm: false };
  for (const { name, value } of properties) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined)
      throw new StatusError(
        Code.InvalidArgument,
        `unknown platform property '${name}'; known are ${Object.keys(readers).join(", ")}`,
      );
    read(draft, value, machine);
  }
  return draft;
}

function checkArch(name: string, value: string, machine: Machine): void {
  const names = archNames[machine.arch] ?? [machine.arch];
  if (!names.includes(value.toLowerCase())) refuse(name, value, `this machine is ${names[0]!}`, true);
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  return found ?? refuse(name, value, `allowed are ${allowed.join(", ")}`);
}

function wholeNumber(name: string, value: string, max: number): number {
  if (!/^[0-9]{1,16}$/.test(value) || Number(value) > max)
    refuse(name, value, `it must be a whole number of at most ${String(max)}`);
  return Number(value);
}

function cores(value: string): number {
  if (!/^[0-9]{1,5}(\.[0-9]{1,3})?$/.test(value) || Number(value) <= 0)
    refuse("cpu", value, "it must be a positive number of cores");
  return Number(value);
}

function refuse(name: string, value: string, why: string, precondition = false): never {
  throw new StatusError(
    precondition ? Code.FailedPrecondition : Code.InvalidArgument,
    `platform property ${name}=${JSON.stringify(value)} cannot be met: ${why}`,
  );
}
