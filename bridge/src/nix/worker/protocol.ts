/*
 * Numbers of the worker protocol. Source: Nix, src/libstore/worker-protocol.hh and src/libutil/logging.hh.
 */

export const CLIENT_MAGIC = 0x6e697863n;
export const SERVER_MAGIC = 0x6478696fn;

/** Versions are `major << 8 | minor`; the major one is 1. We speak up to 1.38, where the numbering was frozen: since then features are named. */
export const PROTOCOL_MINOR = 38;
/** The oldest client: Nix 2.3. */
export const PROTOCOL_MINOR_MIN = 21;
export const versionOf = (minor: number): number => (1 << 8) | minor;

/** The one feature that changes what we say: realisations are named by derivation and output, no longer by a hash. Since 2.35. */
export const REALISATION_WITH_PATH = "realisation-with-path-not-hash";

export const Operation = {
  IsValidPath: 1,
  QueryReferrers: 6,
  AddToStore: 7,
  AddTextToStore: 8,
  BuildPaths: 9,
  EnsurePath: 10,
  AddTempRoot: 11,
  AddIndirectRoot: 12,
  SyncWithGC: 13,
  FindRoots: 14,
  QueryDeriver: 18,
  SetOptions: 19,
  CollectGarbage: 20,
  QuerySubstitutablePathInfo: 21,
  QueryDerivationOutputs: 22,
  QueryAllValidPaths: 23,
  QueryPathInfo: 26,
  QueryDerivationOutputNames: 28,
  QueryPathFromHashPart: 29,
  QuerySubstitutablePathInfos: 30,
  QueryValidPaths: 31,
  QuerySubstitutablePaths: 32,
  QueryValidDerivers: 33,
  OptimiseStore: 34,
  VerifyStore: 35,
  BuildDerivation: 36,
  AddSignatures: 37,
  NarFromPath: 38,
  AddToStoreNar: 39,
  QueryMissing: 40,
  QueryDerivationOutputMap: 41,
  RegisterDrvOutput: 42,
  QueryRealisation: 43,
  AddMultipleToStore: 44,
  AddBuildLog: 45,
  BuildPathsWithResults: 46,
  AddPermRoot: 47,
} as const;

/** What is sent between a request and its answer. */
export const Stderr = {
  Next: 0x6f6c6d67,
  Read: 0x64617461,
  Last: 0x616c7473,
  Error: 0x63787470,
  StartActivity: 0x53545254,
  StopActivity: 0x53544f50,
  Result: 0x52534c54,
} as const;

export const Verbosity = {
  Error: 0,
  Warn: 1,
  Notice: 2,
  Info: 3,
  Talkative: 4,
  Chatty: 5,
  Debug: 6,
  Vomit: 7,
} as const;

export const ActivityType = {
  CopyPath: 100,
  Realise: 102,
  CopyPaths: 103,
  Builds: 104,
  Build: 105,
  Substitute: 108,
} as const;

export const ResultType = {
  BuildLogLine: 101,
  SetPhase: 104,
  Progress: 105,
  SetExpected: 106,
} as const;
