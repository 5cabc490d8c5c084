import { z } from "zod";

const UNITS = ["", "K", "M", "G", "T"];

/** Bytes: a whole number, or text such as `20G`; units are powers of 1024. */
export function sizeBytes(): z.ZodType<number> {
  return z.preprocess(
    (value) => {
      const match = typeof value === "string" ? /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i.exec(value) : null;
      if (match === null) return value;
      return Math.floor(Number(match[1]) * 1024 ** UNITS.indexOf(match[2]!.toUpperCase()));
    },
    z.int("must be a size in bytes, such as 4194304, 4M or 20G").min(1, "must be at least 1 byte"),
  );
}

/** A whole number of at least `least`. */
export function count(least: number): z.ZodInt {
  return z.int(`must be a whole number of at least ${least}`).min(least, `must be at least ${least}`);
}

/** Where gRPC may be served: `HOST:PORT` (port 0 lets the system choose), or a unix socket. */
export const grpcAddress = z
  .string("must be HOST:PORT, such as 127.0.0.1:8980 or [::]:8980, or unix:/PATH")
  .refine(
    (text) => hostOf(text) !== undefined || isUnixSocket(text),
    "must be HOST:PORT, such as 127.0.0.1:8980 or [::]:8980, or unix:/PATH",
  );

/** Whether an address is `unix:` and an absolute path. */
export function isUnixSocket(text: string): boolean {
  return /^unix:\/[^\0]*[^/\0]$/.test(text);
}

/** The host of `HOST:PORT`, without the brackets of IPv6; `undefined` if it is none. */
export function hostOf(text: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([0-9a-z.-]+)):(\d{1,5})$/i.exec(text);
  if (match === null || Number(match[3]) > 65_535) return undefined;
  return match[1] ?? match[2];
}

/** Whether only this machine can reach an address; of a unix socket, only the user who serves. */
export function isLocal(address: string): boolean {
  if (isUnixSocket(address)) return true;
  const host = hostOf(address) ?? "";
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** An instance name, empty allowed: segments of anything but control characters, joined by `/`. */
export const instanceName = z
  .string("must be an instance name, such as main or teams/ci")
  .refine(
    (text) => text === "" || text.split("/").every((segment) => /^[\x21-\x7e]+$/.test(segment)),
    "must be an instance name, such as main or teams/ci, without '/' at its ends",
  );
