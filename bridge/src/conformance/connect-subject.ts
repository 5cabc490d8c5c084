import type { DigestFunction } from "../digest/index.js";
import type { Property } from "../formats/index.js";
import { connect, protoMethods, type ChannelOptions } from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";
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
  const match = /^((?:grpcs?:\/\/)?[^/]+)(?:\/(.*?))?\/?$/.exec(options.url);
  if (match === null)
    throw new StatusError(Code.InvalidArgument, `'${options.url}' does not look like grpc://HOST:PORT[/INSTANCE]`);
  const instanceName = match[2] ?? "";
  const methods = await protoMethods();
  const channel = await connect(match[1]!, options.channel);
  try {
    const capabilities = await channel.unary(methods.capabilities.getCapabilities, { instanceName });
    const announced = capabilities.cacheCapabilities?.digestFunctions ?? [];
    const fn = options.fn ?? (announced.includes("SHA256") || !announced.includes("BLAKE3") ? "sha256" : "blake3");
    const { random, platform = [] } = options;
    const subject = new Subject({ channel, methods, instanceName, fn, capabilities, platform, random });
    return Object.assign(subject, { [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose]() });
  } catch (cause) {
    await channel[Symbol.asyncDispose]();
    throw StatusError.wrap(cause, `asking ${match[1]!} what it can do`);
  }
}
