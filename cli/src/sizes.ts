import { Code, StatusError } from "@causeway/bridge/status";

const UNITS = ["", "K", "M", "G", "T"];

/** `20G`, `1.5M` or `1000` as bytes; units are powers of 1024. @throws StatusError InvalidArgument. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text);
  if (match === null) throw new StatusError(Code.InvalidArgument, `'${text}' is not a size such as 20G or 512M`);
  return Math.floor(Number(match[1]) * 1024 ** UNITS.indexOf(match[2]!.toUpperCase()));
}

/** Bytes for people, e.g. `1.4 GiB`. */
export function formatSize(sizeBytes: number): string {
  const power = sizeBytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(sizeBytes) / 10));
  return power === 0 ? `${sizeBytes} bytes` : `${(sizeBytes / 1024 ** power).toFixed(1)} ${UNITS[power]!}iB`;
}

/** Blobs for people, e.g. `12 blobs (1.4 MiB)`. */
export function blobsText({ blobs, sizeBytes }: { readonly blobs: number; readonly sizeBytes: number }): string {
  return `${String(blobs)} ${blobs === 1 ? "blob" : "blobs"} (${formatSize(sizeBytes)})`;
}
