import {
  parseMethodAlgorithm,
  parseNixHash,
  HashError,
  type ByteString,
  type Derivation,
  type DerivationOutput,
  type StorePath,
} from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { WireReader } from "./reader.js";
import { storePathOf, type Later } from "./values.js";

/** Outputs of one derivation: an output is a directory that a person has named. */
const OUTPUTS_MAX = 10_000;

/** A derivation without input derivations: what they made is among its sources. */
export async function readBasicDerivation(reader: WireReader, storeDir: string): Promise<Later<Derivation>> {
  const outputs = await reader.list(
    "outputs",
    async () => ({
      name: await reader.text("output name"),
      path: await reader.text("output path"),
      methodAlgorithm: await reader.text("output hash algorithm"),
      hash: await reader.text("output hash"),
    }),
    OUTPUTS_MAX,
  );
  const inputSrcs = await reader.list("input sources", () => reader.text("input source"));
  const platform = await reader.byteString("platform");
  const builder = await reader.byteString("builder");
  const args = await reader.list("arguments", () => reader.byteString("argument"));
  const env = await reader.list(
    "variables",
    async () => [await reader.byteString("variable name"), await reader.byteString("variable value")] as const,
  );
  return () => ({
    outputs: new Map(outputs.map((output) => [output.name, outputOf(storeDir, output)])),
    inputDrvs: new Map(),
    inputSrcs: [...new Set(inputSrcs.map((path): StorePath => storePathOf(storeDir, path)))].sort(),
    platform,
    builder,
    args,
    env: new Map<ByteString, ByteString>(env),
  });
}

/** Source: Nix, `parseDerivationOutput` in src/libstore/derivations.cc. */
function outputOf(
  storeDir: string,
  output: { readonly path: string; readonly methodAlgorithm: string; readonly hash: string },
): DerivationOutput {
  try {
    if (output.methodAlgorithm === "")
      return output.path === ""
        ? { type: "deferred" }
        : { type: "input-addressed", path: storePathOf(storeDir, output.path) };
    const by = parseMethodAlgorithm(output.methodAlgorithm);
    if (output.hash === "impure") return { type: "impure", ...by };
    if (output.hash === "") return { type: "floating", ...by };
    const hash = parseNixHash(output.hash, by.algorithm);
    return { type: "fixed", path: storePathOf(storeDir, output.path), ca: { method: by.method, hash } };
  } catch (cause) {
    if (cause instanceof HashError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}
