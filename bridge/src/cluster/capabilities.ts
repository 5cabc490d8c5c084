import { digestFunctions, type DigestFunction } from "../digest/index.js";
import {
  digestFunctionNumber,
  hotMethods,
  type GrpcChannel,
  type SemVer,
  type ServerCapabilities,
} from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";
import type { Retrier } from "./retry.js";

/** What a cluster says it can do, as far as it decides how we speak to it. */
export interface ClusterCapabilities {
  /** Ours, in our order of preference, that its cache and its workers both have. */
  readonly digestFunctions: readonly DigestFunction[];
  readonly canExecute: boolean;
  /** Of the blobs of one batch. */
  readonly batchBytesMax: number;
  /** Of one blob; Infinity unless it says. */
  readonly blobBytesMax: number;
  /** Whether streams may be zstd. */
  readonly zstd: boolean;
  /** Whether symlinks with absolute targets are welcome, where it says. */
  readonly absoluteSymlinks: "allowed" | "disallowed" | "unknown";
  readonly lowApiVersion: string;
  readonly highApiVersion: string;
}

/**
 * For servers that name no limit: Buildbarn's, whose answers of more than 2 MiB fail in the usual configuration, with room for what stands
 * around the blobs.
 */
const BATCH_BYTES_UNSAID = 1 << 20;
/** Messages of 4 MiB are what gRPC libraries take unless told otherwise, and some servers name just that as the limit of the blobs alone. */
const BATCH_BYTES_MAX = (4 << 20) - (256 << 10);

const ZSTD = 1;
const SYMLINKS = ["unknown", "disallowed", "allowed"] as const;

/** Asks a cluster what it can do. @throws StatusError what it answers. */
export async function readCapabilities(
  channel: GrpcChannel,
  instanceName: string,
  retry: Retrier,
  signal?: AbortSignal,
): Promise<ClusterCapabilities> {
  const options = signal === undefined ? {} : { signal };
  const call = (): Promise<ServerCapabilities> =>
    channel.unary(hotMethods.capabilities.getCapabilities, { instanceName }, options);
  return capabilitiesOf(await retry(call, signal));
}

/** What of a server's message matters. */
export function capabilitiesOf({ cache, execution, ...api }: ServerCapabilities): ClusterCapabilities {
  const said = cache?.maxBatchTotalSizeBytes ?? 0;
  const blobBytesMax = cache?.maxCasBlobSizeBytes ?? 0;
  return {
    digestFunctions: digestFunctions.filter(
      (fn) => has(cache?.digestFunctions, fn) && (execution === undefined || executes(execution, fn)),
    ),
    canExecute: execution?.execEnabled === true,
    batchBytesMax: said > 0 ? Math.min(said, BATCH_BYTES_MAX) : BATCH_BYTES_UNSAID,
    blobBytesMax: blobBytesMax > 0 ? blobBytesMax : Infinity,
    zstd: cache?.supportedCompressors.includes(ZSTD) === true,
    absoluteSymlinks: SYMLINKS[cache?.symlinkAbsolutePathStrategy ?? 0] ?? "unknown",
    lowApiVersion: versionText(api.lowApiVersion),
    highApiVersion: versionText(api.highApiVersion),
  };
}

/** A list that is empty says nothing: SHA-256 is what everybody has. */
function has(numbers: readonly number[] | undefined, fn: DigestFunction): boolean {
  if (numbers === undefined || numbers.length === 0) return fn === "sha256";
  return numbers.includes(digestFunctionNumber[fn]);
}

/** The one function that was there first, and the list that came later. */
function executes(
  { digestFunction, digestFunctions: list }: NonNullable<ServerCapabilities["execution"]>,
  fn: DigestFunction,
): boolean {
  return (
    digestFunction === digestFunctionNumber[fn] || has(digestFunction === 0 ? list : [...list, digestFunction], fn)
  );
}

/** The function that a cluster and we speak. @throws StatusError FailedPrecondition if there is none. */
export function chooseDigestFunction({ digestFunctions: shared }: ClusterCapabilities): DigestFunction {
  const [fn] = shared;
  if (fn === undefined)
    throw new StatusError(Code.FailedPrecondition, "the cluster speaks neither BLAKE3 nor SHA-256 digests");
  return fn;
}

function versionText(version: SemVer | undefined): string {
  return version === undefined ? "unknown" : `${version.major}.${version.minor}`;
}
