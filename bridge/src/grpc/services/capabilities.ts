import { digestFunctions } from "../../digest/index.js";
import type { CacheCapabilities, ExecutionCapabilities, SemVer } from "../codec/capabilities.js";
import { hotMethods } from "../codec/hot-methods.js";
import { digestFunctionNumber } from "../digest-function.js";
import { bind, type CallContext, type Service } from "../rpc.js";
import { COMPRESSOR } from "./batches.js";
import { ANY_RIGHT, beginCall, type InstanceOptions } from "./begin-call.js";
import { defaultCasLimits, type CasLimits } from "./cas-limits.js";

/** What {@link createCapabilitiesService} announces. */
export interface CapabilitiesServiceOptions extends InstanceOptions {
  readonly limits?: Partial<CasLimits>;
  /** Whether actions are run here. */
  readonly execution: boolean;
}

/** The lowest is 2.0: Bazel 7 refuses a server whose lowest version is later, though it sends the fields of later ones. */
const LOWEST: SemVer = { major: 2, minor: 0, patch: 0, prerelease: "" };
const HIGHEST: SemVer = { major: 2, minor: 12, patch: 0, prerelease: "" };

/** `SymlinkAbsolutePathStrategy.Value.ALLOWED`: store paths are absolute. */
const SYMLINKS_ALLOWED = 2;
/** REAPI's recommended average. */
const CHUNK_AVERAGE_BYTES = 512 * 1024;
/** All that the field can hold. */
const PRIORITIES = [{ minPriority: -(2 ** 31), maxPriority: 2 ** 31 - 1 }];

/** Capabilities, as far as a caller may use them. Source: REAPI, `ServerCapabilities`. */
export function createCapabilitiesService(options: CapabilitiesServiceOptions): Service {
  const limits = { ...defaultCasLimits, ...options.limits };
  const functions = digestFunctions.map((fn) => digestFunctionNumber[fn]).sort((a, b) => a - b);

  function cacheOf(call: CallContext, instanceName: string): CacheCapabilities {
    return {
      digestFunctions: functions,
      updateEnabled: call.caller.allows("write", instanceName),
      priorities: [],
      maxBatchTotalSizeBytes: limits.batchBytesMax,
      symlinkAbsolutePathStrategy: SYMLINKS_ALLOWED,
      supportedCompressors: [COMPRESSOR.zstd],
      supportedBatchUpdateCompressors: [COMPRESSOR.zstd],
      maxCasBlobSizeBytes: limits.blobBytesMax,
      splitBlobSupport: true,
      spliceBlobSupport: true,
      fastCdc2020: { averageBytes: CHUNK_AVERAGE_BYTES, seed: 0 },
    };
  }

  function executionOf(call: CallContext, instanceName: string): ExecutionCapabilities | undefined {
    if (!options.execution) return undefined;
    return {
      digestFunction: digestFunctionNumber.sha256,
      execEnabled: call.caller.allows("execute", instanceName),
      priorities: PRIORITIES,
      supportedNodeProperties: [],
      digestFunctions: functions,
    };
  }

  return [
    bind(hotMethods.capabilities.getCapabilities, async ({ instanceName }, call) => {
      beginCall(options, call, instanceName, ANY_RIGHT);
      return {
        cache: cacheOf(call, instanceName),
        execution: executionOf(call, instanceName),
        deprecatedApiVersion: undefined,
        lowApiVersion: LOWEST,
        highApiVersion: HIGHEST,
      };
    }),
  ];
}
