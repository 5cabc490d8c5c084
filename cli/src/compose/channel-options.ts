import { readFileSync } from "node:fs";
import type { ChannelOptions } from "@causeway/bridge/grpc";
import { Code, StatusError } from "@causeway/bridge/status";

/** The options of a command that calls a server. */
export interface ServerOptions {
  /** `name=value`. */
  readonly header?: readonly string[];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** How to reach a server. @throws StatusError InvalidArgument; NotFound for a file that is not there. */
export function channelOptions(options: ServerOptions): ChannelOptions {
  const headers = pairsOf("--header", options.header ?? []).map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(headers) as Record<string, string>, tls: tlsOf(options) };
}

/** Words of the form `name=value`. @throws StatusError InvalidArgument for others. */
export function pairsOf(option: string, pairs: readonly string[]): [name: string, value: string][] {
  return pairs.map((pair) => {
    const end = pair.indexOf("=");
    if (end < 1) throw new StatusError(Code.InvalidArgument, `${option} '${pair}' is not of the form name=value`);
    return [pair.slice(0, end), pair.slice(end + 1)];
  });
}

function tlsOf({ ca, cert, key }: ServerOptions): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}
