import { parseDigest, type Digest, type DigestFunction } from "@causeway/bridge/digest";
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
  /** Both are a pseudo-terminal, where there is the helper for it; then they are one stream anyway. */
  readonly terminal: boolean;
  /** Whether the command's `argv[0]` is its base name and not its path, where there is the helper for it. */
  readonly argv0: "path" | "basename";
  readonly inputs: "read-only" | "writable";
  readonly kvm: boolean;
  readonly memoryBytes?: number;
  readonly cpuCores?: number;
  /** What is `/`: the input root, or the machine's own toolchains. Absent: the executor decides. */
  readonly root?: "input" | "host";
  /** An image of a container engine that is `/`, by its name there. */
  readonly containerImage?: string;
  /** A directory tree below the input root: what is in neither place twice is in both. */
  readonly chrootRootDigest?: Digest;
}

/** How properties are read. */
export interface PlatformOptions {
  /** Properties that are passed over: they may say what they want. `all` are those that are not known. */
  readonly ignored?: readonly string[] | "all";
  /** Of digests in properties. */
  readonly digestFunction?: DigestFunction;
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

type Context = Machine & { readonly digestFunction: DigestFunction };

const readers: Readonly<Record<string, (draft: Draft, value: string, context: Context) => void>> = {
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
  terminal: (draft, value) => (draft.terminal = oneOf("terminal", value, ["off", "on"]) === "on"),
  argv0: (draft, value) => (draft.argv0 = oneOf("argv0", value, ["path", "basename"])),
  inputs: (draft, value) => (draft.inputs = oneOf("inputs", value, ["read-only", "writable"])),
  kvm: (draft, value) => (draft.kvm = oneOf("kvm", value, ["off", "on"]) === "on"),
  memory: (draft, value) => (draft.memoryBytes = wholeNumber("memory", value, Number.MAX_SAFE_INTEGER)),
  cpu: (draft, value) => (draft.cpuCores = cores(value)),
  dockerNetwork: (draft, value) =>
    (draft.network = !["off", "none"].includes(oneOf("dockerNetwork", value, DOCKER_NETWORKS))),
  root: (draft, value) => (draft.root = oneOf("root", value, ["input", "host"])),
  "container-image": (draft, value) => (draft.containerImage = imageOf(value)),
  chrootRootDigest: (draft, value, { digestFunction }) => (draft.chrootRootDigest = digestOf(value, digestFunction)),
};

/** As BuildBuddy has them; what distinguishes the last three is not for an action to say. */
const DOCKER_NETWORKS = ["off", "none", "bridge", "standard", "host"] as const;

/**
 * Reads the platform properties of an action.
 *
 * `OSFamily`, `ISA`, `Arch` are compared with this machine. `unixUID` and `unixGID` (1000, 100), `network` (`off`, `on`), `stderr`
 * (`stderr`, `stdout`: one stream), `terminal` (`off`, `on`: output is one), `argv0` (`path`, `basename`), `inputs` (`writable`,
 * `read-only`), `kvm` (`off`, `on`), `memory` in bytes and `cpu` in cores shape the sandbox. `root` (`input`, `host`), `container-image`
 * (`docker://NAME`) and `chrootRootDigest` (`HASH/SIZE`) choose what is `/`; `dockerNetwork` is another word for `network`.
 *
 * @throws StatusError InvalidArgument for a property or value that is not known; FailedPrecondition for a machine that is not this one.
 */
export function readPlatform(
  properties: readonly Property[],
  machine: Machine,
  { ignored = [], digestFunction = "sha256" }: PlatformOptions = {},
): Platform {
  const context = { ...machine, digestFunction };
  const draft: Draft = {
    uid: 1000,
    gid: 100,
    network: false,
    mergeStderr: false,
    terminal: false,
    argv0: "path",
    inputs: "writable",
    kvm: false,
  };
  for (const { name, value } of properties) {
    if (ignored !== "all" && ignored.includes(name)) continue;
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined && ignored === "all") continue;
    if (read === undefined)
      throw new StatusError(
        Code.InvalidArgument,
        `unknown platform property '${name}'; known are ${Object.keys(readers).join(", ")}`,
      );
    read(draft, value, context);
  }
  draft.mergeStderr ||= draft.terminal;
  checkRoot(draft);
  return draft;
}

/** Only one thing can be `/`. */
function checkRoot({ root, containerImage, chrootRootDigest, inputs }: Draft): void {
  const chosen = [root && `root=${root}`, containerImage && "container-image", chrootRootDigest && "chrootRootDigest"];
  const words = chosen.filter((word) => word !== undefined && word !== "" && word !== "root=input");
  if (words.length > 1 || (root === "input" && containerImage !== undefined))
    throw new StatusError(
      Code.InvalidArgument,
      `these platform properties exclude each other: ${chosen.filter(Boolean).join(", ")}`,
    );
  if (inputs === "read-only" && words.length > 0)
    throw new StatusError(Code.InvalidArgument, `platform property inputs=read-only does not go with ${words[0]!}`);
}

function imageOf(value: string): string {
  const [, name] = /^docker:\/\/([A-Za-z0-9][A-Za-z0-9._/:@-]{0,511})$/.exec(value) ?? [];
  return name ?? refuse("container-image", value, "it must be docker://NAME, with the name of an image");
}

function digestOf(value: string, fn: DigestFunction): Digest {
  const [, hash, size] = /^([0-9a-f]{64})\/(\d{1,15})$/.exec(value) ?? [];
  if (hash === undefined) return refuse("chrootRootDigest", value, "it must be HASH/SIZE of a Directory");
  return parseDigest(fn, hash, Number(size));
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
