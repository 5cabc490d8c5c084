import type { ByteString, CastoreNode, Property } from "../../formats/index.js";
import { localProfile, type HelperUse, type Profile } from "./profile.js";

const property = (name: string, value: string): Property => ({ name, value });

const linux = property("OSFamily", "linux");

/** Systems by the properties that name their processors. */
function systems(name: string, x86: string, arm: string): Profile["systems"] {
  return new Map([
    ["x86_64-linux", [property(name, x86)]],
    ["i686-linux", [property(name, x86)]],
    ["aarch64-linux", [property(name, arm)]],
  ]);
}

/** A service whose workers want no property for it, or a configured one. */
const anySystem: Profile["systems"] = new Map([
  ["x86_64-linux", []],
  ["i686-linux", []],
  ["aarch64-linux", []],
]);

const rooted: HelperUse = { how: "rooted", form: "trees" };
const wrapped: HelperUse = { how: "wrapped", form: "trees" };

/** What all services that are not ours have in common. */
const foreign = {
  digestFunction: "sha256",
  properties: [linux],
  systems: anySystem,
  network: { on: [], off: [] },
  features: new Map(),
  outputDirectoryFormat: "tree-and-directory",
  rootEntries: new Map<ByteString, CastoreNode>(),
  requiresUtf8: true,
} as const satisfies Partial<Profile>;

/** BuildBox with bubblewrap, behind BuildGrid or in `buildbox-casd` alone. */
const buildbox: Profile = {
  ...foreign,
  name: "buildbox",
  properties: [linux, property("unixGID", "100"), property("unixUID", "1000")],
  systems: systems("ISA", "x86-64", "aarch64"),
  network: { on: [property("network", "on")], off: [] },
  helper: rooted,
  lacks: ["output of builders comes when they have ended"],
};

/**
 * Buildbarn with `chrootIntoInputRoot`. Its scheduler compares properties with those of its workers as they are, so it is told no more than it
 * is told to say.
 */
const buildbarn: Profile = {
  ...foreign,
  name: "buildbarn",
  helper: rooted,
  // It executes /usr/bin/env after its chroot; the helper is that too.
  rootEntries: new Map([
    ["usr/bin/env" as ByteString, { type: "symlink", target: "../../.causeway/run" as ByteString }],
  ]),
  lacks: [
    "/proc is empty, and of /dev there are only null, zero, full, random, urandom and tty",
    "builders see the worker's network, host name and user id, and can write into their inputs",
    "output of builders comes when they have ended, and goes to no terminal",
  ],
};

/** Any runner that executes a program of the input root in it, and lets it make namespaces: Buildbarn's without chroot, for one. */
const plain: Profile = {
  ...foreign,
  name: "plain",
  helper: wrapped,
  lacks: ["output of builders comes when they have ended"],
};

/** From its documents; not tried. */
const nativelink: Profile = { ...plain, name: "nativelink", timeoutMaxMs: 1_200_000 };

/** From its documents; not tried. Its workers must not replace input directories by symlinks (`linkInputDirectories`). */
const buildfarm: Profile = { ...plain, name: "buildfarm", timeoutMaxMs: 3_600_000 };

/** From its documents; not tried. */
const buildbuddy: Profile = {
  ...plain,
  name: "buildbuddy",
  systems: systems("Arch", "amd64", "arm64"),
  network: { on: [], off: [property("dockerNetwork", "off")] },
};

/** Kinds of services by name. */
const profiles: readonly Profile[] = [localProfile, buildbox, buildbarn, plain, nativelink, buildfarm, buildbuddy];

/** Their names. */
export const profileNames: readonly string[] = profiles.map(({ name }) => name);

/** `undefined` for a name that is not one of {@link profileNames}. */
export function findProfile(name: string): Profile | undefined {
  return profiles.find((profile) => profile.name === name);
}
