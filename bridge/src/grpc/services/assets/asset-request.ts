import type { Qualifier__Output } from "@causeway/reapi-protos/types/build/bazel/remote/asset/v1/Qualifier.js";
import type { Timestamp__Output } from "@causeway/reapi-protos/types/google/protobuf/Timestamp.js";
import { msOf, timestampOfMs } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";

/** Says more closely which content of a URI is meant. */
export interface AssetQualifier {
  readonly name: string;
  readonly value: string;
}

/** URIs and qualifiers of one request. Real ones have a handful; each is a look-up or an entry. */
const LIST_LENGTH_MAX = 64;
/** As long as servers take URIs. */
const TEXT_LENGTH_MAX = 8192;

/** The qualifiers with a meaning of their own in the Remote Asset API. Source: remote-apis, asset/v1/qualifiers.md. */
const KNOWN = new Set(["resource_type", "checksum.sri", "directory", "vcs.branch", "vcs.commit"]);

/** @throws StatusError InvalidArgument if there is none, or something is too long. */
export function checkUris(uris: readonly string[]): readonly string[] {
  if (uris.length === 0) throw new StatusError(Code.InvalidArgument, "the request names no uri");
  if (uris.length > LIST_LENGTH_MAX || uris.some((uri) => uri === "" || uri.length > TEXT_LENGTH_MAX))
    throw new StatusError(
      Code.InvalidArgument,
      `a request has at most ${String(LIST_LENGTH_MAX)} uris of 1 to ${String(TEXT_LENGTH_MAX)} characters`,
    );
  return uris;
}

/**
 * The qualifiers of a request, sorted.
 *
 * @param alsoKnown says which others are accepted.
 * @throws StatusError InvalidArgument that names those which are not supported, or come twice.
 */
export function readQualifiers(
  qualifiers: readonly Qualifier__Output[],
  alsoKnown: (name: string) => boolean = () => false,
): AssetQualifier[] {
  if (qualifiers.length > LIST_LENGTH_MAX)
    throw new StatusError(Code.InvalidArgument, `a request has at most ${String(LIST_LENGTH_MAX)} qualifiers`);
  const read = qualifiers.map(({ name = "", value = "" }) => ({ name, value }));
  const names = read.map(({ name }) => name);
  refuse(
    names.filter((name) => !KNOWN.has(name) && !alsoKnown(name)),
    "not supported",
  );
  refuse(
    names.filter((name, i) => names.indexOf(name) !== i),
    "given twice",
  );
  if (read.some(({ value }) => value.length > TEXT_LENGTH_MAX))
    throw new StatusError(Code.InvalidArgument, `a qualifier has at most ${String(TEXT_LENGTH_MAX)} characters`);
  return read.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refuse(names: readonly string[], what: string): void {
  if (names.length === 0) return;
  const violations = names.map((name) => ({ field: "qualifiers.name", description: `"${name}" ${what}` }));
  throw new StatusError(Code.InvalidArgument, violations.map(({ description }) => description).join(", "), {
    details: [{ kind: "bad-request", violations }],
  });
}

/** A moment of a message in milliseconds; `undefined` if there is none. */
export function momentOf(timestamp: Timestamp__Output | undefined): number | undefined {
  return timestamp && msOf({ seconds: Number(timestamp.seconds ?? 0), nanos: timestamp.nanos ?? 0 });
}

/** The same the other way. */
export function timestampMessage(ms: number): { seconds: number; nanos: number } {
  return timestampOfMs(ms);
}
