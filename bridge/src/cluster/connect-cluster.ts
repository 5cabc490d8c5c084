import type { DigestFunction } from "../digest/index.js";
import {
  connect,
  digestFunctionNumber,
  parseServerUrl,
  type ChannelOptions,
  type GrpcChannel,
  type WireDigest,
} from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";
import { chooseDigestFunction, readCapabilities, type ClusterCapabilities } from "./capabilities.js";
import { createRetrier, type Retrier, type RetryParts } from "./retry.js";

/** Which cluster, and how to speak to it. */
export interface ClusterOptions extends RetryParts {
  /** `grpc(s)://HOST:PORT[/INSTANCE]`. */
  readonly url: string;
  readonly channel?: ChannelOptions;
  /** Must be one that the cluster has; BLAKE3, else SHA-256, unless said. */
  readonly digestFunction?: DigestFunction;
  /** Whether long streams are packed where the cluster can: unless said, if it is another machine. */
  readonly compress?: boolean;
  readonly signal?: AbortSignal;
}

/** A cluster that answers. */
export interface ClusterConnection extends AsyncDisposable {
  /** As the user wrote it, for messages. */
  readonly url: string;
  readonly channel: GrpcChannel;
  readonly instanceName: string;
  readonly capabilities: ClusterCapabilities;
  /** Of all that passes. */
  readonly fn: DigestFunction;
  readonly compress: boolean;
  readonly retry: Retrier;
}

/**
 * Connects to a cluster, and learns what it can do.
 *
 * @throws StatusError that names the cluster: what GetCapabilities fails with; FailedPrecondition if it executes nothing or has no digest
 *   function of ours.
 */
export async function connectCluster(options: ClusterOptions): Promise<ClusterConnection> {
  const { url, signal } = options;
  const { address, instanceName } = parseServerUrl(url);
  const channel = await connect(address, { connections: 2, ...options.channel });
  const retry = createRetrier(options);
  try {
    const capabilities = await readCapabilities(channel, instanceName, retry, signal);
    if (!capabilities.canExecute) throw new StatusError(Code.FailedPrecondition, "it executes no actions");
    const fn = options.digestFunction ?? chooseDigestFunction(capabilities);
    if (!capabilities.digestFunctions.includes(fn))
      throw new StatusError(Code.FailedPrecondition, `it does not speak ${fn} digests`);
    const compress = capabilities.zstd && (options.compress ?? !isLocal(address));
    const dispose = (): PromiseLike<void> => channel[Symbol.asyncDispose]();
    return { url, channel, instanceName, capabilities, fn, compress, retry, [Symbol.asyncDispose]: dispose };
  } catch (cause) {
    await channel[Symbol.asyncDispose]();
    throw StatusError.wrap(cause, `cluster ${url}`);
  }
}

/** Between two processes of one machine packing costs more than it saves. */
function isLocal(address: string): boolean {
  return /^(?:grpcs?:\/\/)?(?:127\.|localhost:|\[::1\])|^unix:/.test(address);
}

/** The fields that most requests begin with. */
export function headOf({ instanceName, fn }: ClusterConnection): {
  readonly instanceName: string;
  readonly digestFunction: number;
} {
  return { instanceName, digestFunction: digestFunctionNumber[fn] };
}

/** A digest as messages hold it. */
export function wireDigest({ hash, sizeBytes }: WireDigest): WireDigest {
  return { hash, sizeBytes };
}
