import { byteStringOf, type ByteString } from "../bytes/byte-string.js";
import { formatMethodAlgorithm } from "../hash/content-address.js";
import { formatNixHash } from "../hash/format-nix-hash.js";
import type { JsonObject, JsonValue } from "../json/json-value.js";
import { parseJson } from "../json/parse-json.js";
import { drvNameOf } from "../store-path/make-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import type { Derivation, DerivationInput, DerivationOutput } from "./derivation.js";

/**
 * The forms of `nix derivation show`: v1 as of Nix 2.8 (until 2.22; later ones of them also had `name` and `dynamicOutputs`), v2 of 2.24
 * with a method apart from the algorithm, v3 of 2.32 with base names, v4 since 2.33 with grouped inputs and structured attributes of their own.
 */
export type DerivationJsonVersion = "v1" | "v2" | "v3" | "v4";

/** How to write derivations as JSON. */
export interface DerivationJsonOptions {
  readonly storeDir: string;
  readonly version: DerivationJsonVersion;
}

/** The environment variable that structured attributes are in. */
export const STRUCTURED_ATTRS_NAME = byteStringOf("__json");

/**
 * The whole output of `nix derivation show` for some derivations.
 *
 * @throws JsonError if structured attributes of a derivation are no JSON (v4 only); StorePathError if a path is not a derivation's.
 */
export function derivationsToJson(
  derivations: ReadonlyMap<StorePath, Derivation>,
  options: DerivationJsonOptions,
): JsonObject {
  const { path } = writerFor(options);
  const all = new Map(
    [...derivations].map(([drvPath, drv]) => [path(drvPath), derivationToJson(drvPath, drv, options)]),
  );
  return options.version === "v4" ? objectOf({ version: 4n, derivations: all }) : all;
}

/** One derivation of {@link derivationsToJson}. @throws as that. */
export function derivationToJson(drvPath: StorePath, drv: Derivation, options: DerivationJsonOptions): JsonObject {
  const { version } = options;
  const { path } = writerFor(options);
  const env = new Map<ByteString, JsonValue>(drv.env);
  const common = { system: drv.platform, builder: drv.builder, args: drv.args, env };
  const outputs = new Map([...drv.outputs].map(([name, of]) => [byteStringOf(name), outputToJson(of, options)]));
  const srcs = drv.inputSrcs.map(path);
  const name = byteStringOf(drvNameOf(drvPath));
  const drvs = new Map(
    [...drv.inputDrvs].map(([input, of]) => [path(input), version === "v1" ? outputNames(of) : inputToJson(of)]),
  );
  if (version === "v1") return objectOf({ outputs, inputSrcs: srcs, inputDrvs: drvs, ...common });
  if (version === "v2") return objectOf({ name, outputs, inputSrcs: srcs, inputDrvs: drvs, ...common });
  if (version === "v3") return objectOf({ name, version: 3n, outputs, inputSrcs: srcs, inputDrvs: drvs, ...common });
  const attrs = drv.env.get(STRUCTURED_ATTRS_NAME);
  env.delete(STRUCTURED_ATTRS_NAME);
  const structured = attrs === undefined ? {} : { structuredAttrs: parseJson(attrs) };
  return objectOf({ name, version: 4n, outputs, inputs: objectOf({ srcs, drvs }), ...common, ...structured });
}

function writerFor({ storeDir, version }: DerivationJsonOptions): { readonly path: (path: StorePath) => ByteString } {
  const prefix = version === "v1" || version === "v2" ? `${storeDir}/` : "";
  return { path: (path) => byteStringOf(prefix + path) };
}

function objectOf(parts: Readonly<Record<string, JsonValue>>): JsonObject {
  return new Map(Object.entries(parts).map(([key, value]) => [byteStringOf(key), value]));
}

function outputNames(input: DerivationInput): JsonValue {
  return input.outputs.map(byteStringOf);
}

function inputToJson(input: DerivationInput): JsonValue {
  const dynamic = new Map([...input.dynamic].map(([name, of]) => [byteStringOf(name), inputToJson(of)]));
  return objectOf({ outputs: outputNames(input), dynamicOutputs: dynamic });
}

function outputToJson(output: DerivationOutput, options: DerivationJsonOptions): JsonValue {
  const { path } = writerFor(options);
  switch (output.type) {
    case "deferred":
      return new Map();
    case "input-addressed":
      return objectOf({ path: path(output.path) });
    case "fixed": {
      const { method, hash } = output.ca;
      if (options.version === "v4")
        return objectOf({ method: byteStringOf(method), hash: byteStringOf(formatNixHash(hash, "sri")) });
      return objectOf({
        path: path(output.path),
        ...methodToJson(method, hash.algorithm, options),
        hash: byteStringOf(hash.hex),
      });
    }
    case "floating":
      return objectOf(methodToJson(output.method, output.algorithm, options));
    case "impure":
      return objectOf({ ...methodToJson(output.method, output.algorithm, options), impure: true });
  }
}

type FloatingOutput = Extract<DerivationOutput, { type: "floating" }>;

function methodToJson(
  method: FloatingOutput["method"],
  algorithm: FloatingOutput["algorithm"],
  options: DerivationJsonOptions,
): Readonly<Record<string, JsonValue>> {
  if (options.version === "v1") return { hashAlgo: byteStringOf(formatMethodAlgorithm({ method, algorithm })) };
  return { method: byteStringOf(method), hashAlgo: byteStringOf(algorithm) };
}
