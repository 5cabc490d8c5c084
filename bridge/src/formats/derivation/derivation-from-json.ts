import { byteStringOf, compareBytes, type ByteString } from "../bytes/byte-string.js";
import { isHashAlgorithm } from "../hash/algorithm.js";
import { parseMethodAlgorithm, type MethodAlgorithm } from "../hash/content-address.js";
import { parseNixHash } from "../hash/parse-nix-hash.js";
import { HashError } from "../hash/error.js";
import type { JsonObject, JsonValue } from "../json/json-value.js";
import { printJson } from "../json/print-json.js";
import { StorePathError } from "../store-path/error.js";
import { drvNameOf, makeFixedOutputPath, outputPathName } from "../store-path/make-store-path.js";
import { checkStorePathName, parseStorePath, parseStorePathIn } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import { STRUCTURED_ATTRS_NAME } from "./derivation-to-json.js";
import type { Derivation, DerivationInput, DerivationOutput } from "./derivation.js";
import { DerivationError } from "./error.js";

/**
 * Reads the output of `nix derivation show` in any of its forms, told apart by their versions.
 *
 * @throws DerivationError naming the place if it is none of them.
 */
export function derivationsFromJson(
  value: JsonValue,
  { storeDir }: { readonly storeDir: string },
): Map<StorePath, Derivation> {
  const top = objectAt(value, "");
  const nested = top.get(byteStringOf("derivations"));
  const entries = nested !== undefined && top.has(byteStringOf("version")) ? objectAt(nested, "derivations") : top;
  return new Map(
    [...entries].map(([key, of]) => {
      const path = at(key, () => storePathOf(storeDir, key));
      return [path, derivationFromJson(of, { storeDir, name: at(key, () => drvNameOf(path)) })];
    }),
  );
}

/**
 * Reads one derivation.
 *
 * @param options.name of the derivation, without `.drv`; needed where the form does not hold it (v1), else the form's must be the same.
 * @throws DerivationError
 */
export function derivationFromJson(
  value: JsonValue,
  options: { readonly storeDir: string; readonly name?: string },
): Derivation {
  const json = objectAt(value, "derivation");
  const stated = json.has(byteStringOf("name")) ? stringAt(json, "name") : options.name;
  if (stated === undefined) throw new DerivationError("'name' is missing");
  if (options.name !== undefined && stated !== options.name)
    throw new DerivationError(`name '${stated}' does not fit the path of '${options.name}.drv'`);
  at("name", () => checkStorePathName(stated));
  const context: Context = { storeDir: options.storeDir, name: stated };
  const inputs = json.get(byteStringOf("inputs"));
  const grouped = inputs === undefined ? undefined : objectAt(inputs, "inputs");
  const srcs = grouped === undefined ? fieldOf(json, "inputSrcs") : fieldOf(grouped, "srcs");
  const drvs = grouped === undefined ? fieldOf(json, "inputDrvs") : fieldOf(grouped, "drvs");
  return {
    outputs: sortedMap(objectAt(fieldOf(json, "outputs"), "outputs"), (key, of) => [
      outputName(key),
      at(`output '${key}'`, () => outputFromJson(key, objectAt(of, key), context)),
    ]),
    inputDrvs: sortedMap(objectAt(drvs, "inputDrvs"), (key, of) => [
      at(key, () => storePathOf(context.storeDir, key)),
      inputFromJson(of, key),
    ]),
    inputSrcs: stringsAt(srcs, "inputSrcs")
      .map((path) => at(path, () => storePathOf(context.storeDir, path)))
      .sort(),
    platform: stringAt(json, "system"),
    builder: stringAt(json, "builder"),
    args: stringsAt(fieldOf(json, "args"), "args"),
    env: envFromJson(json),
  };
}

interface Context {
  readonly storeDir: string;
  readonly name: string;
}

/** Runs a parser of a part, and names the part. */
function at<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StorePathError || error instanceof HashError)) throw error;
    throw new DerivationError(`${place}: ${error.message}`, { cause: error });
  }
}

function envFromJson(json: JsonObject): ReadonlyMap<ByteString, ByteString> {
  const env = sortedMap(objectAt(fieldOf(json, "env"), "env"), (key, of) => [key, textAt(of, `env '${key}'`)]);
  const attrs = json.get(byteStringOf("structuredAttrs"));
  if (attrs === undefined) return env;
  return new Map([...env, [STRUCTURED_ATTRS_NAME, printJson(attrs)] as const].sort(([a], [b]) => compareBytes(a, b)));
}

function outputName(key: ByteString): string {
  at(`output '${key}'`, () => checkStorePathName(key));
  return key;
}

function outputFromJson(key: ByteString, json: JsonObject, { storeDir, name }: Context): DerivationOutput {
  const has = (field: string): boolean => json.has(byteStringOf(field));
  if (has("hash")) {
    const ca = has("hashAlgo")
      ? caOf(methodAlgorithmOf(json), stringAt(json, "hash"))
      : { method: methodOf(stringAt(json, "method")), hash: parseNixHash(stringAt(json, "hash")) };
    const path = makeFixedOutputPath(storeDir, outputPathName(name, key), ca);
    if (has("path") && storePathOf(storeDir, stringAt(json, "path")) !== path)
      throw new DerivationError(`output '${key}' has a path that does not follow from its hash`);
    return { type: "fixed", path, ca };
  }
  if (has("path")) return { type: "input-addressed", path: storePathOf(storeDir, stringAt(json, "path")) };
  if (!has("hashAlgo")) return { type: "deferred" };
  return { type: json.get(byteStringOf("impure")) === true ? "impure" : "floating", ...methodAlgorithmOf(json) };
}

function caOf(
  { method, algorithm }: MethodAlgorithm,
  hash: string,
): Extract<DerivationOutput, { type: "fixed" }>["ca"] {
  return { method, hash: parseNixHash(hash, algorithm) };
}

function methodAlgorithmOf(json: JsonObject): MethodAlgorithm {
  const algorithm = stringAt(json, "hashAlgo");
  if (!json.has(byteStringOf("method"))) return parseMethodAlgorithm(algorithm);
  if (!isHashAlgorithm(algorithm)) throw new DerivationError(`unknown hash algorithm '${algorithm}'`);
  return { method: methodOf(stringAt(json, "method")), algorithm };
}

function methodOf(name: string): MethodAlgorithm["method"] {
  if (name === "flat" || name === "nar" || name === "text" || name === "git") return name;
  throw new DerivationError(`unknown content address method '${name}'`);
}

function inputFromJson(value: JsonValue, place: string): DerivationInput {
  if (value instanceof Map) {
    const object = objectAt(value, place);
    const dynamic = object.get(byteStringOf("dynamicOutputs")) ?? new Map<ByteString, JsonValue>();
    return {
      outputs: stringsAt(fieldOf(object, "outputs"), place).map(outputName).sort(),
      dynamic: sortedMap(objectAt(dynamic, place), (key, of) => [outputName(key), inputFromJson(of, key)]),
    };
  }
  return { outputs: stringsAt(value, place).map(outputName).sort(), dynamic: new Map() };
}

function storePathOf(storeDir: string, text: string): StorePath {
  return text.startsWith("/") ? parseStorePathIn(storeDir, text) : parseStorePath(text);
}

function sortedMap<K extends string, V>(
  object: JsonObject,
  entry: (key: ByteString, value: JsonValue) => [K, V],
): ReadonlyMap<K, V> {
  return new Map([...object].map(([key, value]) => entry(key, value)).sort(([a], [b]) => compareBytes(a, b)));
}

function fieldOf(json: JsonObject, field: string): JsonValue {
  const value = json.get(byteStringOf(field));
  if (value === undefined) throw new DerivationError(`'${field}' is missing`);
  return value;
}

function objectAt(value: JsonValue, place: string): JsonObject {
  if (!(value instanceof Map)) throw new DerivationError(`'${place}' should be an object`);
  return value as JsonObject;
}

function textAt(value: JsonValue, place: string): ByteString {
  if (typeof value !== "string") throw new DerivationError(`'${place}' should be a string`);
  return value;
}

function stringAt(json: JsonObject, field: string): ByteString {
  return textAt(fieldOf(json, field), field);
}

function stringsAt(value: JsonValue, place: string): ByteString[] {
  if (!Array.isArray(value)) throw new DerivationError(`'${place}' should be a list`);
  return (value as JsonValue[]).map((element) => textAt(element, place));
}
