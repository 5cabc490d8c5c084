import type { IncomingHttpHeaders } from "node:http2";

/** How long `grpc-timeout` may be in its units. Source: gRPC over HTTP/2, "Timeout". */
const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** setTimeout takes no more than 2^31 - 1 ms, which is 24 days: no deadline at all. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * The milliseconds of a `grpc-timeout` header.
 *
 * @returns `undefined` for one that says nothing we could wait for.
 */
export function parseTimeoutMs(value: string): number | undefined {
  const match = /^([0-9]{1,8})([HMSmun])$/.exec(value);
  if (match === null) return undefined;
  const timeoutMs = Number(match[1]) * TIMEOUT_UNITS_MS[match[2]!]!;
  return timeoutMs > TIMEOUT_MS_MAX ? undefined : timeoutMs;
}

/**
 * Percent-encodes what a header cannot hold. Source: gRPC over HTTP/2, "Status-Message".
 */
export function encodeMessage(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  let encoded = "";
  for (const byte of Buffer.from(message, "utf8"))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return encoded;
}

/** The first value of a header. Several of one name come joined by a comma, or as a list. */
export function firstHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The first value of a binary header: base64, padded or not. */
export function binaryHeader(headers: IncomingHttpHeaders, name: string): Buffer | undefined {
  const value = firstHeader(headers, name);
  if (value === undefined) return undefined;
  const end = value.indexOf(",");
  return Buffer.from(end < 0 ? value : value.slice(0, end), "base64");
}

/** Whether a request is gRPC at all. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:\+proto)?(?:;|$)/.test(contentType);
}
