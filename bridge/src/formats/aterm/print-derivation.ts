import { byteStringOf } from "../bytes/byte-string.js";
import type { Derivation, DerivationInput, DerivationOutput } from "../derivation/derivation.js";
import { formatMethodAlgorithm } from "../hash/content-address.js";
import { AtermError } from "./error.js";
import { escapeString } from "./string.js";

/** What is changed for a hash modulo; a `.drv` file has none of it. */
export interface PrintDerivationOptions {
  /** Leave out the derivation's own output paths, and the values of the environment variables named like outputs. */
  readonly maskOutputs?: boolean;
  /** Print these in place of the input derivations: the outputs wanted, by lower-case hex hash. */
  readonly inputHashes?: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Writes a derivation as Nix does: sorted, no white space, no line feed at the end.
 *
 * @throws AtermError if a name or the platform holds `"` or `\`, which Nix does not escape there.
 */
export function printDerivation(storeDir: string, drv: Derivation, options: PrintDerivationOptions = {}): Uint8Array {
  const dir = `${byteStringOf(storeDir)}/`;
  const mask = options.maskOutputs ?? false;
  const hashes = options.inputHashes;
  const versioned = hashes === undefined && [...drv.inputDrvs.values()].some(({ dynamic }) => dynamic.size > 0);
  const inputs =
    hashes === undefined
      ? sortedEntries(drv.inputDrvs).map(([path, input]) => `(${raw(dir + path)},${printInput(input)})`)
      : sortedEntries(hashes).map(([hash, outputs]) => `("${hash}",${rawList([...outputs])})`);
  const parts = [
    list(sortedEntries(drv.outputs).map(([name, output]) => printOutput(dir, name, output, mask))),
    list(inputs),
    rawList(drv.inputSrcs.map((path) => dir + path)),
    raw(drv.platform),
    quoted(drv.builder),
    list(drv.args.map(quoted)),
    list(
      sortedEntries(drv.env).map(
        ([key, value]) => `(${quoted(key)},${mask && drv.outputs.has(key) ? '""' : quoted(value)})`,
      ),
    ),
  ];
  return Buffer.from(`${versioned ? 'DrvWithVersion("xp-dyn-drv",' : "Derive("}${parts.join(",")})`, "latin1");
}

function printOutput(dir: string, name: string, output: DerivationOutput, mask: boolean): string {
  const path = "path" in output && !mask ? dir + output.path : "";
  const [algorithm, hash] = algorithmAndHash(output);
  return `(${raw(name)},${raw(path)},"${algorithm}","${hash}")`;
}

function algorithmAndHash(output: DerivationOutput): [algorithm: string, hash: string] {
  switch (output.type) {
    case "input-addressed":
    case "deferred":
      return ["", ""];
    case "fixed":
      return [
        formatMethodAlgorithm({ method: output.ca.method, algorithm: output.ca.hash.algorithm }),
        output.ca.hash.hex,
      ];
    case "floating":
      return [formatMethodAlgorithm(output), ""];
    case "impure":
      return [formatMethodAlgorithm(output), "impure"];
  }
}

function printInput(input: DerivationInput): string {
  const outputs = rawList(input.outputs);
  if (input.dynamic.size === 0) return outputs;
  return `(${outputs},${list(sortedEntries(input.dynamic).map(([name, of]) => `(${raw(name)},${printInput(of)})`))})`;
}

/** In the order of the keys' bytes. Cheap when they are sorted, as they are in what was parsed. */
function sortedEntries<K extends string, V>(map: ReadonlyMap<K, V>): [K, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function list(elements: readonly string[]): string {
  return `[${elements.join(",")}]`;
}

function rawList(elements: readonly string[]): string {
  return list([...elements].sort().map(raw));
}

function quoted(value: string): string {
  return `"${escapeString(value)}"`;
}

function raw(value: string): string {
  if (/["\\]/.test(value))
    throw new AtermError(
      `${JSON.stringify(value.slice(0, 200))} cannot be written in a derivation: nothing escapes it`,
    );
  return `"${value}"`;
}
