import type { Digest } from "../digest/index.js";
import type { Execution } from "../execution/index.js";
import type { ByteString } from "../formats/bytes/byte-string.js";
import type { CastoreNode } from "../formats/castore/node.js";
import type { Derivation } from "../formats/derivation/derivation.js";
import type { ActionResult } from "../formats/reapi/messages.js";
import type { StorePath } from "../formats/store-path/store-path.js";
import type { PathInfo } from "../store/index.js";

/*
 * What passes between the driver and the two things it calls for one derivation: the translator (derivation → Action) and the registrar
 * (Action result → path infos).
 */

/** A derivation whose inputs are all valid: every placeholder of an input is resolved. */
export interface ReadyDerivation {
  /** The `.drv` as the user knows it; names logs and messages. */
  readonly drvPath: StorePath;
  /** With the outputs of its inputs, by their path, for what is still in `inputDrvs`. */
  readonly derivation: Derivation;
  readonly inputs: ReadonlyMap<StorePath, ReadonlyMap<string, StorePath>>;
}

/** What is needed to register what a derivation was built to. */
export interface PreparedDerivation {
  readonly drvPath: StorePath;
  /** As built: resolved, no input derivations left. */
  readonly derivation: Derivation;
  /** The path that the derivation as built has; `drvPath`, unless it had to be resolved. */
  readonly resolvedDrvPath: StorePath;
  /** Where the builder puts each output; equals the final path unless that follows from the contents. */
  readonly scratchPaths: ReadonlyMap<string, StorePath>;
  /** Everything the builder saw of the store: the closure of its inputs, sorted. Candidates for references. */
  readonly inputClosure: readonly StorePath[];
}

/** An Action in the CAS. */
export interface PreparedBuild extends PreparedDerivation {
  readonly kind: "action";
  readonly actionDigest: Digest;
  /** What is to run it, where there are several; default the coordinator's own. */
  readonly execution?: Execution;
}

/** Made already, without an Action: by a builder that is a function of Nix (`builtin:fetchurl`). */
export interface PreparedOutputs extends PreparedDerivation {
  readonly kind: "outputs";
  /** By output name; their contents are in the store. */
  readonly outputs: ReadonlyMap<string, CastoreNode>;
}

/** How a derivation ended. Numbers as in the worker protocol. Source: Nix, build-result.hh. */
export const BuildStatus = {
  Built: 0,
  Substituted: 1,
  AlreadyValid: 2,
  PermanentFailure: 3,
  InputRejected: 4,
  OutputRejected: 5,
  TransientFailure: 6,
  CachedFailure: 7,
  TimedOut: 8,
  MiscFailure: 9,
  DependencyFailed: 10,
  LogLimitExceeded: 11,
  NotDeterministic: 12,
  ResolvesToAlreadyValid: 13,
  NoSubstituters: 14,
  /** Not on the wire: sent as OutputRejected, but nix-build ends with 102 for it. */
  HashMismatch: 15,
  /** Not on the wire: nobody waits for it any more. */
  Cancelled: 16,
} as const;
export type BuildStatus = (typeof BuildStatus)[keyof typeof BuildStatus];

/** A build that did not succeed for a reason of its own: the text is Nix's, the last log lines are added by the driver where Nix adds them. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
  readonly status: BuildStatus;
  /** Nix shows the end of the log under messages about the builder, not under those about its outputs. */
  readonly showLog: boolean;
  constructor(status: BuildStatus, message: string, options: ErrorOptions & { readonly showLog?: boolean } = {}) {
    super(message, options);
    this.status = status;
    this.showLog = options.showLog ?? false;
  }
}

/** Turns a derivation into an Action whose every blob is in the CAS, or, if its builder is a function of Nix, into its outputs. */
export interface Translator {
  /**
   * @param options.maxSilentMs, maxLogBytes when the builder is to be ended, for a service through which we cannot watch it.
   * @param options.onLog is handed what a builtin builder says while it works.
   * @throws BuildFailure InputRejected and such, with Nix's text; StatusError of the store.
   */
  prepare(
    ready: ReadyDerivation,
    options: {
      readonly timeoutMs?: number;
      readonly maxSilentMs?: number | undefined;
      readonly maxLogBytes?: number | undefined;
      readonly signal?: AbortSignal;
      readonly onLog?: (bytes: Uint8Array) => void;
    },
  ): Promise<PreparedBuild | PreparedOutputs>;
}

/** The builders that are functions of Nix. */
export interface BuiltinBuilders {
  /**
   * Makes the outputs of a derivation whose builder begins with `builtin:`.
   *
   * @returns by output name, not yet checked; contents are in the store.
   * @throws BuildFailure for an unknown one, and if it fails.
   */
  run(
    derivation: Derivation,
    options: {
      readonly drvPath: StorePath;
      /** The variables that a program in its place would find, sorted. */
      readonly variables: ReadonlyMap<ByteString, ByteString>;
      /** The closure of its inputs. */
      readonly inputs: ReadonlyMap<StorePath, PathInfo>;
      readonly signal?: AbortSignal;
      readonly onLog?: (bytes: Uint8Array) => void;
    },
  ): Promise<ReadonlyMap<string, CastoreNode>>;
}

/** Turns what an Action left behind into registered, checked and signed store paths. */
export interface Registrar {
  /**
   * @param made what the Action left behind, or {@link PreparedOutputs.outputs}.
   * @param options.mode `check` compares with what is registered, and registers nothing.
   * @returns the path of each output.
   * @throws BuildFailure with Nix's text: missing outputs, refused types, cycles, reference checks, hash mismatch, not deterministic.
   */
  register(
    prepared: PreparedDerivation,
    made: ActionResult | ReadonlyMap<string, CastoreNode>,
    options: { readonly mode: "normal" | "check"; readonly signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, StorePath>>;
}

/** Where derivations come from. */
export interface DerivationSource {
  /** @throws StatusError NotFound; InvalidArgument if it does not parse. */
  load(drvPath: StorePath): Promise<Derivation>;
  /**
   * Makes a source that derivations name valid in our store, with its closure.
   *
   * @throws StatusError NotFound when it is nowhere.
   */
  ensureValid(path: StorePath, signal?: AbortSignal): Promise<void>;
}
