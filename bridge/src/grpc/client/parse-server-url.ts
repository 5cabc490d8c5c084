import { Code, StatusError } from "../../status/index.js";

/** A server, and which of its instances. */
export interface ServerUrl {
  /** For {@link connect}. */
  readonly address: string;
  /** Empty unless said. */
  readonly instanceName: string;
}

/** Reads `grpc(s)://HOST:PORT[/INSTANCE]`. @throws StatusError InvalidArgument. */
export function parseServerUrl(url: string): ServerUrl {
  const match = /^((?:grpcs?:\/\/)?[^/]+)(?:\/(.*?))?\/?$/.exec(url);
  if (match === null)
    throw new StatusError(Code.InvalidArgument, `'${url}' does not look like grpc://HOST:PORT[/INSTANCE]`);
  return { address: match[1]!, instanceName: match[2] ?? "" };
}
