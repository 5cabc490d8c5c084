import {
  byteStringOf,
  displayOf,
  encodeNixBase32,
  formatContentAddress,
  splitStorePath,
  StorePathError,
  type ByteString,
  type JsonValue,
  type StorePath,
} from "../../formats/index.js";
import type { PathInfo } from "../../store/index.js";
import { BuildFailure, BuildStatus } from "../build.js";
import { isJsonArray, isJsonObject, tokenize, type Attributes } from "../derivation-options/index.js";

/** One wish of `exportReferencesGraph`: the closures of some paths, under a name. */
export interface GraphRequest {
  /** Of a file in the build directory, or of a key in `.attrs.json`. */
  readonly name: ByteString;
  readonly paths: readonly StorePath[];
}

/** A wish fulfilled: the closure, sorted by path. */
export interface ReferenceGraph {
  readonly name: ByteString;
  readonly closure: readonly PathInfo[];
}

const ATTRIBUTE = "exportReferencesGraph" as ByteString;
const FILE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * What a derivation asks to know of its inputs' references.
 *
 * @throws BuildFailure InputRejected with Nix's text. Source: Nix 2.8, local-derivation-goal.cc and parsed-derivations.cc.
 */
export function graphRequests(
  attributes: Attributes,
  env: ReadonlyMap<ByteString, ByteString>,
  storeDir: string,
): readonly GraphRequest[] {
  if (attributes.structured === undefined) return plainRequests(env.get(ATTRIBUTE) ?? ("" as ByteString), storeDir);
  const wishes = attributes.structured.get(ATTRIBUTE);
  if (!isJsonObject(wishes)) return [];
  return [...wishes].map(([name, value]) => ({
    name,
    paths: flatten(value).map((path) => parsePath(path, storeDir)),
  }));
}

function plainRequests(text: ByteString, storeDir: string): readonly GraphRequest[] {
  const tokens = tokenize(text);
  // Nix finds this while it sets the builder up, which counts as the builder's failure.
  if (tokens.length % 2 !== 0)
    throw new BuildFailure(
      BuildStatus.PermanentFailure,
      `odd number of tokens in 'exportReferencesGraph': '${displayOf(text)}'`,
    );
  const requests: GraphRequest[] = [];
  for (let i = 0; i < tokens.length; i += 2) {
    const name = tokens[i]!;
    if (!FILE_NAME.test(name)) throw refused(`invalid file name '${displayOf(name)}' in 'exportReferencesGraph'`);
    requests.push({ name, paths: [parsePath(tokens[i + 1]!, storeDir)] });
  }
  return requests;
}

/** A path, or lists of them in lists. */
function flatten(value: JsonValue): readonly ByteString[] {
  if (isJsonArray(value)) return value.flatMap(flatten);
  if (typeof value === "string") return [value];
  throw refused("'exportReferencesGraph' value is not an array or a string");
}

/** A file inside a store path stands for that path. */
function parsePath(text: ByteString, storeDir: string): StorePath {
  try {
    return splitStorePath(storeDir, text).path;
  } catch (cause) {
    if (!(cause instanceof StorePathError)) throw cause;
    throw refused(`'exportReferencesGraph' contains a non-store path '${displayOf(text)}'`, cause);
  }
}

/**
 * The file that a plain request becomes: for each path itself, an empty deriver, and its references, counted.
 *
 * Source: Nix, src/libstore/store-api.cc, `makeValidityRegistration`.
 */
export function validityRegistration({ closure }: ReferenceGraph, storeDir: string): ByteString {
  let text = "";
  for (const { path, references } of closure) {
    text += `${storeDir}/${path}\n\n${references.length}\n`;
    for (const reference of references) text += `${storeDir}/${reference}\n`;
  }
  return byteStringOf(text);
}

/** The value that a structured request becomes. Source: Nix 2.8, src/libstore/store-api.cc, `pathInfoToJSON`; later versions add `valid`. */
export function graphJson({ closure }: ReferenceGraph, storeDir: string): JsonValue {
  const known = new Map(closure.map((info) => [info.path, info]));
  const text = (value: string): ByteString => byteStringOf(value);
  return closure.map((info) => {
    const value = new Map<ByteString, JsonValue>([
      [text("closureSize"), BigInt(closureSizeBytes(known, info.path))],
      [text("narHash"), text(`sha256:${encodeNixBase32(Buffer.from(info.narHash, "hex"))}`)],
      [text("narSize"), BigInt(info.narSizeBytes)],
      [text("path"), text(`${storeDir}/${info.path}`)],
      [text("references"), info.references.map((reference) => text(`${storeDir}/${reference}`))],
    ]);
    if (info.ca !== undefined) value.set(text("ca"), text(formatContentAddress(info.ca)));
    return value;
  });
}

function closureSizeBytes(known: ReadonlyMap<StorePath, PathInfo>, root: StorePath): number {
  let sizeBytes = 0;
  const reached = new Set([root]);
  for (const path of reached) {
    const info = known.get(path);
    if (info === undefined) continue;
    sizeBytes += info.narSizeBytes;
    for (const reference of info.references) reached.add(reference);
  }
  return sizeBytes;
}

function refused(message: string, cause?: unknown): BuildFailure {
  return new BuildFailure(BuildStatus.InputRejected, message, { cause });
}
