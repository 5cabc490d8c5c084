import type { DigestFunction } from "../../digest/index.js";
import type { ByteString, CastoreNode, OutputDirectoryFormat, Property } from "../../formats/index.js";

/**
 * How an execution service wants to be told what a Nix build needs: which platform properties, and how the input root becomes `/`. Data, so
 * that supporting a cluster is configuration.
 */
export interface Profile {
  /** For messages and notes. */
  readonly name: string;
  /** Of all Actions, and of what they name. */
  readonly digestFunction: DigestFunction;
  /** Sent with every Action. */
  readonly properties: readonly Property[];
  /** By system, e.g. `x86_64-linux` → ISA; a system that is not here cannot be built. */
  readonly systems: ReadonlyMap<string, readonly Property[]>;
  readonly network: { readonly on: readonly Property[]; readonly off: readonly Property[] };
  /** Sent when a derivation requires the feature; a feature without an entry sends nothing. */
  readonly features: ReadonlyMap<string, readonly Property[]>;
  /**
   * The property that carries `argv[0]`, where the service can set it apart from the program's path. Nix sets the builder's base name;
   * without this property a builder finds its whole path there.
   */
  readonly argv0Property?: string;
  readonly outputDirectoryFormat: OutputDirectoryFormat;
  /** What the service needs in the input root beside what Nix puts there, by path, e.g. `usr/bin/env` for a chroot runner. */
  readonly rootEntries: ReadonlyMap<ByteString, CastoreNode>;
  /** How the helper program goes with every action; without it none does. */
  readonly helper?: HelperUse;
  /** What builds there have not, that they have under Nix, as sentences for people. Default none. */
  readonly lacks?: readonly string[];
  /** Whether what is not UTF-8 must be refused, as every service but ours must: `string` is UTF-8 on the wire. Default false. */
  readonly requiresUtf8?: boolean;
  /** Longest timeout the service accepts; a longer one would be refused. Without: whatever is asked. */
  readonly timeoutMaxMs?: number;
}

/** What the helper program (`executor/helper/causeway-run`) does for a service that is not ours. */
export interface HelperUse {
  /** `rooted`: the service makes the input root `/`. `wrapped`: it does not, and the helper does. */
  readonly how: "rooted" | "wrapped";
  /** Which outputs travel as archives: `trees`, those that the service would change; `archives`, all. */
  readonly form: "trees" | "archives";
}

const property = (name: string, value: string): Property => ({ name, value });

const x86 = property("ISA", "x86-64");
const arm = property("ISA", "arm-a64");

/** What our own executor understands, on this machine or behind `causeway serve`. */
export const localProfile: Profile = {
  name: "causeway",
  digestFunction: "blake3",
  properties: [
    property("OSFamily", "linux"),
    // Not argv0Property: a builder's name need not be UTF-8, as a property must.
    property("argv0", "basename"),
    property("inputs", "read-only"),
    property("root", "input"),
    property("stderr", "stdout"),
    property("terminal", "on"),
    property("unixGID", "100"),
    property("unixUID", "1000"),
  ],
  systems: new Map([
    ["x86_64-linux", [x86]],
    ["i686-linux", [x86]],
    ["aarch64-linux", [arm]],
  ]),
  network: { on: [property("network", "on")], off: [property("network", "off")] },
  features: new Map([["kvm", [property("kvm", "on")]]]),
  outputDirectoryFormat: "tree-and-directory",
  rootEntries: new Map(),
};
