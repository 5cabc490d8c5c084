import { blobResourceName, parseDigest, type Digest, type DigestFunction } from "../digest/index.js";
import { Code, StatusError } from "../status/index.js";
import { SUPPORTED_FUNCTIONS } from "./digest-function.js";

/*
 * Names of blobs in ByteStream. Source: REAPI, remote_execution.proto, comment on ContentAddressableStorage:
 *   read   [instance/][compressed-]blobs/[compressor/][function/]hash/size
 *   write  [instance/]uploads/uuid/[compressed-]blobs/[compressor/][function/]hash/size[/metadata…]
 */

/** How the bytes of a stream are packed. */
export type Compressor = "identity" | "zstd";

/** What a name to read from says. */
export interface ReadName {
  readonly instanceName: string;
  /** Of the uncompressed bytes. */
  readonly digest: Digest;
  readonly compressor: Compressor;
}

/** What a name to write to says. */
export interface WriteName extends ReadName {
  /** As the client wrote it: meant to be a UUID, and any segment will do. */
  readonly uuid: string;
  /** Whatever follows the size; without meaning. */
  readonly metadata?: string;
}

/** Words that no segment of an instance name may be. */
const RESERVED = new Set([
  "blobs",
  "uploads",
  "actions",
  "actionResults",
  "operations",
  "capabilities",
  "compressed-blobs",
]);

/** Longer names are of no use; they end up in logs, keys and maps. */
const NAME_LENGTH_MAX = 4096;
/** Of the index's keys (1,024 bytes at most), the greatest part. */
export const INSTANCE_NAME_BYTES_MAX = 512;

/** Functions whose names have a segment of their own, and those that must not (a lenient server takes `sha256/`). */
const FUNCTION_SEGMENTS = new Set([
  "sha256",
  "sha1",
  "md5",
  "vso",
  "sha384",
  "sha512",
  "murmur3",
  "sha256tree",
  "blake3",
  "gitsha1",
]);

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * Refuses what is no instance name: empty segments and reserved words. The empty name is one.
 *
 * @throws StatusError InvalidArgument.
 */
export function checkInstanceName(instanceName: string): void {
  if (instanceName === "") return;
  if (Buffer.byteLength(instanceName) > INSTANCE_NAME_BYTES_MAX)
    throw new StatusError(
      Code.InvalidArgument,
      `an instance name has at most ${String(INSTANCE_NAME_BYTES_MAX)} bytes, not ${String(Buffer.byteLength(instanceName))}`,
    );
  for (const segment of instanceName.split("/")) {
    if (segment === "")
      throw new StatusError(
        Code.InvalidArgument,
        `instance name ${JSON.stringify(instanceName)} has an empty segment; write it without leading, trailing or double slashes`,
      );
    if (RESERVED.has(segment))
      throw new StatusError(
        Code.InvalidArgument,
        `instance name ${JSON.stringify(instanceName)} contains the reserved word '${segment}'`,
      );
  }
}

/** Reads the name of a blob to read. @throws StatusError InvalidArgument. */
export function parseReadName(name: string): ReadName {
  const segments = segmentsOf(name);
  const at = segments.findIndex(isBlobsSegment);
  if (at < 0) throw malformed(name, "it has no segment 'blobs' or 'compressed-blobs'");
  const { rest, ...parts } = parseBlob(name, segments, at);
  if (rest.length > 0) throw malformed(name, `'${rest.join("/")}' follows the size`);
  return { instanceName: instanceOf(segments.slice(0, at)), ...parts };
}

/** Reads the name of a blob to write. @throws StatusError InvalidArgument. */
export function parseWriteName(name: string): WriteName {
  const segments = segmentsOf(name);
  const at = segments.indexOf("uploads");
  if (at < 0) throw malformed(name, "it has no segment 'uploads'");
  const uuid = segments[at + 1] ?? "";
  if (uuid === "") throw malformed(name, "no UUID follows 'uploads'");
  if (!isBlobsSegment(segments[at + 2] ?? ""))
    throw malformed(name, "'blobs' or 'compressed-blobs' has to follow the UUID");
  const { rest, ...parts } = parseBlob(name, segments, at + 2);
  const write = { instanceName: instanceOf(segments.slice(0, at)), uuid, ...parts };
  return rest.length === 0 ? write : { ...write, metadata: rest.join("/") };
}

/** Prints the name of a blob to read: what {@link parseReadName} reads. */
export function formatReadName({ instanceName, digest, compressor }: ReadName): string {
  return prefix(instanceName) + blobName(digest, compressor);
}

/** Prints the name of a blob to write: what {@link parseWriteName} reads. */
export function formatWriteName({ instanceName, digest, compressor, uuid, metadata }: WriteName): string {
  const name = `${prefix(instanceName)}uploads/${uuid}/${blobName(digest, compressor)}`;
  return metadata === undefined ? name : `${name}/${metadata}`;
}

function prefix(instanceName: string): string {
  return instanceName === "" ? "" : `${instanceName}/`;
}

function blobName(digest: Digest, compressor: Compressor): string {
  const name = blobResourceName(digest);
  return compressor === "identity" ? name : `compressed-blobs/${compressor}${name.slice("blobs".length)}`;
}

function isBlobsSegment(segment: string): boolean {
  return segment === "blobs" || segment === "compressed-blobs";
}

function segmentsOf(name: string): string[] {
  if (name.length > NAME_LENGTH_MAX)
    throw new StatusError(Code.InvalidArgument, `a resource name of ${String(name.length)} characters is too long`);
  return name.split("/");
}

function instanceOf(segments: readonly string[]): string {
  const instanceName = segments.join("/");
  if (segments.length > 0 && instanceName === "")
    throw new StatusError(Code.InvalidArgument, "a resource name does not begin with a slash");
  checkInstanceName(instanceName);
  return instanceName;
}

interface BlobParts {
  readonly digest: Digest;
  readonly compressor: Compressor;
  readonly rest: readonly string[];
}

function parseBlob(name: string, segments: readonly string[], at: number): BlobParts {
  let next = at + 1;
  let compressor: Compressor = "identity";
  if (segments[at] === "compressed-blobs") {
    const word = segments[next++];
    if (word !== "zstd" && word !== "identity")
      throw malformed(name, `compressor '${word ?? ""}' is not supported; this server supports zstd`);
    compressor = word;
  }
  let fn: DigestFunction = "sha256";
  const word = segments[next] ?? "";
  if (FUNCTION_SEGMENTS.has(word)) {
    if (word !== "sha256" && word !== "blake3")
      throw malformed(name, `digest function '${word}' is not supported; ${SUPPORTED_FUNCTIONS}`);
    fn = word;
    next++;
  }
  const [hash, size, ...rest] = segments.slice(next);
  if (hash === undefined || size === undefined) throw malformed(name, "it does not end in hash and size");
  if (!SIZE.test(size)) throw malformed(name, `'${size}' is not a size`);
  return { digest: parseDigest(fn, hash, Number(size)), compressor, rest };
}

function malformed(name: string, what: string): StatusError {
  return new StatusError(Code.InvalidArgument, `resource name ${JSON.stringify(name)} cannot be understood: ${what}`);
}
