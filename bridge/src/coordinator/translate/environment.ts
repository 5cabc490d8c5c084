import { hashBytes } from "../../digest/index.js";
import {
  bytesOf,
  byteStringOf,
  encodeNixBase32,
  isFixedOutput,
  isSandboxed,
  placeholderOf,
  printJson,
  type ByteString,
  type Derivation,
  type JsonObject,
  type JsonValue,
} from "../../formats/index.js";
import type { DerivationOptions } from "../derivation-options/index.js";
import { attrsShell } from "./attrs-sh.js";
import { graphJson, validityRegistration, type ReferenceGraph } from "./reference-graph.js";
import { rewriteStrings, type Rewrites } from "./rewrite-strings.js";

/** Where a build runs, and where its own files are. Source: Nix, setting `sandbox-build-dir`. */
export const BUILD_DIR = "/build";

/** What {@link buildEnvironment} needs beside the derivation. */
export interface EnvironmentInput {
  readonly derivation: Derivation;
  readonly options: DerivationOptions;
  readonly storeDir: string;
  /** NIX_BUILD_CORES. Part of the Action, so equal everywhere or nothing is ever shared. */
  readonly cores: number;
  /** Where `impureEnvVars` are taken from. */
  readonly impureEnv: ReadonlyMap<string, string>;
  /** Placeholders of the derivation's own outputs, to the paths that the builder shall write. */
  readonly rewrites: Rewrites;
  /** From `exportReferencesGraph`. */
  readonly graphs: readonly ReferenceGraph[];
}

/** What the builder finds. */
export interface BuildEnvironment {
  readonly variables: ReadonlyMap<ByteString, ByteString>;
  /** Files in {@link BUILD_DIR}, by name. */
  readonly files: ReadonlyMap<ByteString, ByteString>;
}

/**
 * The variables and files that Nix gives a sandboxed build, byte for byte: later assignments win, so that a derivation can set PATH but
 * not TMPDIR. Source: Nix 2.8, src/libstore/build/local-derivation-goal.cc, `initEnv` and `startBuilder`.
 */
export function buildEnvironment(input: EnvironmentInput): BuildEnvironment {
  const { derivation, options, rewrites } = input;
  const variables = new Map<string, string>();
  const files = new Map<ByteString, ByteString>();
  const set = (name: string, value: string): unknown => variables.set(name, value);

  set("PATH", "/path-not-set");
  set("HOME", "/homeless-shelter");
  set("NIX_STORE", input.storeDir);
  set("NIX_BUILD_CORES", String(input.cores));

  const { structured } = options.attributes;
  if (structured === undefined) addPlain(input, variables, files);
  else addStructured(input, structured, variables, files);

  set("NIX_BUILD_TOP", BUILD_DIR);
  for (const name of ["TMPDIR", "TEMPDIR", "TMP", "TEMP"]) set(name, BUILD_DIR);
  set("PWD", BUILD_DIR);
  if (isFixedOutput(derivation)) set("NIX_OUTPUT_CHECKED", "1");
  if (!isSandboxed(derivation))
    for (const name of options.impureEnvVars) set(name, byteStringOf(input.impureEnv.get(name) ?? ""));
  set("NIX_LOG_FD", "2");
  set("TERM", "xterm-256color");

  const rewritten = new Map<ByteString, ByteString>();
  for (const name of [...variables.keys()].sort() as ByteString[])
    rewritten.set(name, rewriteStrings(variables.get(name)! as ByteString, rewrites));
  return { variables: rewritten, files };
}

function addPlain(
  { derivation, options, rewrites, graphs, storeDir }: EnvironmentInput,
  variables: Map<string, string>,
  files: Map<ByteString, ByteString>,
): void {
  for (const graph of graphs) files.set(graph.name, validityRegistration(graph, storeDir));
  for (const [name, value] of derivation.env) {
    if (!options.passAsFile.has(name)) {
      variables.set(name, value);
      continue;
    }
    const file = `.attr-${encodeNixBase32(Buffer.from(hashBytes("sha256", bytesOf(name)), "hex"))}`;
    files.set(file as ByteString, rewriteStrings(value, rewrites));
    variables.set(`${name}Path`, `${BUILD_DIR}/${file}`);
  }
}

/**
 * With structured attributes no attribute is in the environment, only where the two files are. Nix 2.4 to 2.14 name the place outside the
 * sandbox there, which no build can use; we name the one inside, as 2.15 and later.
 */
function addStructured(
  { derivation, rewrites, graphs, storeDir }: EnvironmentInput,
  structured: JsonObject,
  variables: Map<string, string>,
  files: Map<ByteString, ByteString>,
): void {
  const attributes = new Map<ByteString, JsonValue>(structured);
  const outputs = [...derivation.outputs.keys()].map((name) => [name, placeholderOf(name)] as const);
  attributes.set("outputs" as ByteString, new Map(outputs) as ReadonlyMap<string, string> as JsonObject);
  for (const graph of graphs) attributes.set(graph.name, graphJson(graph, storeDir));
  files.set(".attrs.sh" as ByteString, rewriteStrings(attrsShell(attributes), rewrites));
  variables.set("NIX_ATTRS_SH_FILE", `${BUILD_DIR}/.attrs.sh`);
  files.set(".attrs.json" as ByteString, rewriteStrings(printJson(attributes), rewrites));
  variables.set("NIX_ATTRS_JSON_FILE", `${BUILD_DIR}/.attrs.json`);
}
