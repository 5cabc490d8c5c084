import type { Digest } from "../digest/index.js";
import type { Derivation } from "../formats/derivation/derivation.js";
import type { ActionResult } from "../formats/reapi/messages.js";
import type { StorePath } from "../formats/store-path/store-path.js";

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

/** An Action in the CAS, and what is needed to register its results. */
export interface PreparedBuild {
  readonly drvPath: StorePath;
  /** As built: resolved, no input derivations left. */
  readonly derivation: Derivation;
  readonly actionDigest: Digest;
  /** Where the builder puts each output; equals the final path unless that follows from the contents. */
  readonly scratchPaths: ReadonlyMap<string, StorePath>;
  /** Everything the builder saw of the store: the closure of its inputs, sorted. Candidates for references. */
  readonly inputClosure: readonly StorePath[];
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

/** Turns a derivation into an Action whose every blob is in the CAS. */
export interface Translator {
  /** @throws BuildFailure InputRejected and such, with Nix's text; StatusError of the store. */
  prepare(
    ready: ReadyDerivation,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<PreparedBuild>;
}

/** Turns what an Action left behind into registered, checked and signed store paths. */
export interface Registrar {
  /**
   * @param mode `check` compares with what is registered, and registers nothing.
   * @returns the path of each output.
   * @throws BuildFailure with Nix's text: missing outputs, refused types, cycles, reference checks, hash mismatch, not deterministic.
   */
  register(
    prepared: PreparedBuild,
    result: ActionResult,
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
