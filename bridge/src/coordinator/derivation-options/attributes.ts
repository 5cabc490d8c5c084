import {
  displayOf,
  JsonError,
  parseJson,
  type ByteString,
  type Derivation,
  type JsonObject,
  type JsonValue,
  type StorePath,
} from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../build.js";
import { isJsonArray, isJsonObject } from "./json-guards.js";

/**
 * The attributes of a derivation that mean something to Nix itself, read from its environment or, when it has structured attributes, from
 * their JSON. Source: Nix 2.8, src/libstore/parsed-derivations.cc.
 */
export interface Attributes {
  /** The decoded `__json`; `undefined` for a derivation without structured attributes. */
  readonly structured: JsonObject | undefined;
  bool(name: string, otherwise: boolean): boolean;
  /** `undefined` if the attribute is absent, which is not the same as empty. */
  strings(name: string): readonly ByteString[] | undefined;
}

/** @throws BuildFailure InputRejected if `__json` is malformed; the accessors also, if an attribute has the wrong type. */
export function attributesOf(drvPath: StorePath, derivation: Derivation): Attributes {
  const json = derivation.env.get("__json" as ByteString);
  return json === undefined
    ? plainAttributes(derivation)
    : structuredAttributes(drvPath, parseAttributes(drvPath, json));
}

/** Splits at white space, as Nix's `tokenizeString` does. */
export function tokenize(text: ByteString): ByteString[] {
  return text.split(/[ \t\n\r]+/).filter((token) => token !== "") as ByteString[];
}

function plainAttributes({ env }: Derivation): Attributes {
  return {
    structured: undefined,
    bool(name, otherwise) {
      const value = env.get(name as ByteString);
      return value === undefined ? otherwise : value === "1";
    },
    strings(name) {
      const value = env.get(name as ByteString);
      return value === undefined ? undefined : tokenize(value);
    },
  };
}

function structuredAttributes(drvPath: StorePath, structured: JsonObject): Attributes {
  return {
    structured,
    bool(name, otherwise) {
      const value = structured.get(name as ByteString);
      if (value === undefined) return otherwise;
      if (typeof value !== "boolean") throw wrongType(drvPath, name, "a Boolean");
      return value;
    },
    strings(name) {
      const value = structured.get(name as ByteString);
      return value === undefined ? undefined : stringsOf(drvPath, name, value);
    },
  };
}

/** @throws BuildFailure InputRejected if `value` is not a list of strings. */
export function stringsOf(drvPath: StorePath, name: string, value: JsonValue): readonly ByteString[] {
  if (!isJsonArray(value) || !value.every((item) => typeof item === "string"))
    throw wrongType(drvPath, name, "a list of strings");
  return value;
}

/** What is said of an attribute of the wrong type. */
export function wrongType(drvPath: StorePath, name: string, wanted: string): BuildFailure {
  return new BuildFailure(
    BuildStatus.InputRejected,
    `attribute '${name}' of derivation '${drvPath}' must be ${wanted}`,
  );
}

function parseAttributes(drvPath: StorePath, json: ByteString): JsonObject {
  try {
    const value = parseJson(json);
    if (isJsonObject(value)) return value;
    throw new JsonError(`${displayOf(json.slice(0, 20) as ByteString)} is no object`, 0);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new BuildFailure(
      BuildStatus.InputRejected,
      `cannot process __json attribute of '${drvPath}': ${cause.message}`,
      { cause },
    );
  }
}
