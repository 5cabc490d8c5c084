import { byteStringFrom, byteStringOf, type ByteString } from "../bytes/byte-string.js";
import type { Derivation, DerivationInput, DerivationOutput } from "../derivation/derivation.js";
import { hashSizeBytes } from "../hash/algorithm.js";
import { parseMethodAlgorithm } from "../hash/content-address.js";
import { HashError } from "../hash/error.js";
import { StorePathError } from "../store-path/error.js";
import { checkStorePathName, isDerivationPath, parseStorePathIn } from "../store-path/parse-store-path.js";
import type { StorePath } from "../store-path/store-path.js";
import { AtermError } from "./error.js";
import { AtermReader } from "./reader.js";

/** The largest `.drv` read. Real ones stay below a few MB; all of it and its strings are in memory at once. */
export const DERIVATION_BYTES_MAX = 64 * 1024 * 1024;

/** How deep outputs of outputs go (xp-dyn-drv). Real ones have one or two levels; the parser recurses. */
export const DYNAMIC_DEPTH_MAX = 64;

/**
 * Reads a `.drv` file. Only the form that Nix itself writes is taken: sorted, without duplicates, canonical paths and escapes, nothing after
 * the end. So printing gives the same bytes again, and with them the same path.
 *
 * Source: Nix, src/libstore/derivation/aterm.cc. That a fixed output's path follows from its hash needs the derivation's name; see
 * `computeOutputPaths`.
 *
 * @throws AtermError
 */
export function parseDerivation(storeDir: string, bytes: Uint8Array): Derivation {
  if (bytes.byteLength > DERIVATION_BYTES_MAX)
    throw new AtermError(`derivation of ${bytes.byteLength} bytes is larger than ${DERIVATION_BYTES_MAX}`, 0);
  const reader = new AtermReader(byteStringFrom(bytes));
  const context: Context = { reader, storeDir: byteStringOf(storeDir), dynamic: reader.startsWith("DrvWithVersion") };
  reader.expect(context.dynamic ? 'DrvWithVersion("xp-dyn-drv",' : "Derive(");
  const start = reader.offset;
  const outputs = sortedMap(context, () => rawName(context), parseOutput);
  if (outputs.size === 0) throw new AtermError("a derivation has at least one output", start);
  reader.expect(",");
  const inputDrvs = sortedMap(context, () => derivationPath(context), parseInput);
  if (context.dynamic && ![...inputDrvs.values()].some(({ dynamic }) => dynamic.size > 0))
    throw new AtermError("version xp-dyn-drv is only for derivations with dynamic inputs", start);
  reader.expect(",");
  const inputSrcs = sortedList(context, () => storePath(context));
  reader.expect(",");
  const platform = reader.rawString();
  reader.expect(",");
  const builder = reader.string();
  reader.expect(",");
  const args: ByteString[] = [];
  reader.list(() => void args.push(reader.string()));
  reader.expect(",");
  const env = sortedMap(
    context,
    () => reader.string(),
    () => parseEnvValue(reader),
  );
  reader.expect(")");
  reader.expectEnd();
  return { outputs, inputDrvs, inputSrcs, platform, builder, args, env };
}

interface Context {
  readonly reader: AtermReader;
  readonly storeDir: ByteString;
  readonly dynamic: boolean;
}

function parseEnvValue(reader: AtermReader): ByteString {
  reader.expect(",");
  return reader.string();
}

/** A list of `(key,…)`, strictly ascending. */
function sortedMap<K extends string, V>(
  context: Context,
  key: () => K,
  value: (context: Context) => V,
): ReadonlyMap<K, V> {
  const { reader } = context;
  const map = new Map<K, V>();
  let last: K | undefined;
  reader.list((offset) => {
    reader.expect("(");
    const next = key();
    checkOrder(last, next, offset);
    last = next;
    map.set(next, value(context));
    reader.expect(")");
  });
  return map;
}

function sortedList<T extends string>(context: Context, element: () => T): T[] {
  const list: T[] = [];
  context.reader.list((offset) => {
    const next = element();
    checkOrder(list.at(-1), next, offset);
    list.push(next);
  });
  return list;
}

function checkOrder(last: string | undefined, next: string, offset: number): void {
  if (last !== undefined && last >= next)
    throw new AtermError(`${JSON.stringify(next.slice(0, 200))} is out of order or twice in the list`, offset);
}

/** Runs a parser of a part, and says where in the file the part is. */
function at<T>(offset: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StorePathError || error instanceof HashError)) throw error;
    throw new AtermError(error.message, offset, { cause: error });
  }
}

function storePath({ reader, storeDir }: Context): StorePath {
  const { offset } = reader;
  const text = reader.rawString();
  return at(offset, () => parseStorePathIn(storeDir, text));
}

function derivationPath(context: Context): StorePath {
  const { offset } = context.reader;
  const path = storePath(context);
  if (!isDerivationPath(path)) throw new AtermError(`'${path}' is not a valid derivation path`, offset);
  return path;
}

/** The name of an output: it becomes part of a store path's name. */
function rawName({ reader }: Context): string {
  const { offset } = reader;
  const name = reader.rawString();
  at(offset, () => checkStorePathName(name));
  return name;
}

function parseOutput(context: Context): DerivationOutput {
  const { reader, storeDir } = context;
  const { offset } = reader;
  reader.expect(",");
  const path = reader.rawString();
  reader.expect(",");
  const methodAlgorithm = reader.rawString();
  reader.expect(",");
  const hash = reader.rawString();
  return at(offset, () => outputOf(storeDir, path, methodAlgorithm, hash, offset));
}

function outputOf(
  storeDir: string,
  path: string,
  methodAlgorithm: string,
  hash: string,
  offset: number,
): DerivationOutput {
  if (methodAlgorithm === "") {
    if (hash !== "") throw new AtermError("an output with a hash needs an algorithm", offset);
    return path === "" ? { type: "deferred" } : { type: "input-addressed", path: parseStorePathIn(storeDir, path) };
  }
  const { method, algorithm } = parseMethodAlgorithm(methodAlgorithm);
  if (hash === "" || hash === "impure") {
    if (path !== "") throw new AtermError("an output whose contents are not known yet cannot have a path", offset);
    return { type: hash === "" ? "floating" : "impure", method, algorithm };
  }
  if (hash.length !== hashSizeBytes[algorithm] * 2 || !/^[0-9a-f]+$/.test(hash))
    throw new AtermError(`${JSON.stringify(hash.slice(0, 200))} is no lower-case base16 ${algorithm}`, offset);
  return { type: "fixed", path: parseStorePathIn(storeDir, path), ca: { method, hash: { algorithm, hex: hash } } };
}

const noDynamic: ReadonlyMap<string, DerivationInput> = new Map();

function parseInput(context: Context, depth = 0): DerivationInput {
  const { reader } = context;
  const { offset } = reader;
  reader.expect(",");
  let input: DerivationInput;
  if (context.dynamic && reader.startsWith("(")) {
    if (depth >= DYNAMIC_DEPTH_MAX)
      throw new AtermError(`outputs of outputs are nested deeper than ${DYNAMIC_DEPTH_MAX}`, offset);
    reader.expect("(");
    const outputs = sortedList(context, () => rawName(context));
    reader.expect(",");
    const dynamic = sortedMap(
      context,
      () => rawName(context),
      () => parseInput(context, depth + 1),
    );
    reader.expect(")");
    if (dynamic.size === 0) throw new AtermError("empty list of dynamic outputs", offset);
    input = { outputs, dynamic };
  } else {
    input = { outputs: sortedList(context, () => rawName(context)), dynamic: noDynamic };
    if (input.outputs.length === 0) throw new AtermError("no outputs are wanted of the input", offset);
  }
  return input;
}
