import type { DigestFunction } from "../digest/index.js";
import type { Property } from "../formats/index.js";
import { connect, parseServerUrl, protoMethods, type ChannelOptions } from "../grpc/index.js";
import { StatusError } from "../status/index.js";
import { Subject } from "./subject.js";

/** Which server to ask, and how. */
export interface SubjectOptions {
  /** `grpc(s)://host:port[/instance]`. */
  readonly url: string;
  readonly fn?: DigestFunction;
  readonly channel?: ChannelOptions;
  /** Properties that the server's workers want of every action. */
  readonly platform?: readonly Property[];
  readonly random: (sizeBytes: number) => Buffer;
}

/** A server that answers. */
export type ConnectedSubject = Subject & AsyncDisposable;

/**
 * Connects, and learns what the server can do.
 *
 * @throws StatusError InvalidArgument for a malformed address; what GetCapabilities fails with; FailedPrecondition if the server has no
 *   digest function of ours.
 */
export async function connectSubject(options: SubjectOptions): Promise<ConnectedSubject> {
  const { address, instanceName } = parseServerUrl(options.url);
  const methods = await protoMethods();
  const channel = await connect(address, options.channel);
  try {
    const capabilities = await channel.unary(methods.capabilities.getCapabilities, { instanceName });
    const announced = capabilities.cacheCapabilities?.digestFunctions ?? [];
    const fn = options.fn ?? (announced.includes("SHA256") || !announced.includes("BLAKE3") ? "sha256" : "blake3");
    const { random, platform = [] } = options;
    const subject = new Subject({ channel, methods, instanceName, fn, capabilities, platform, random });
    return Object.assign(subject, { [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose]() });
  } catch (cause) {
    await channel[Symbol.asyncDispose]();
    throw StatusError.wrap(cause, `asking ${address} what it can do`);
  }
}
