import {
  bytesOf,
  derivationsToJson,
  parseStorePath,
  printJson,
  type ByteString,
  type Derivation,
  type StorePath,
} from "@causeway/bridge/formats";
import { createNixStoreSource, evaluationStoreDirectory, parseDerivedPath } from "@causeway/bridge/nix";
import { createMemoryStore } from "@causeway/bridge/store";
import { logicalStoreDir } from "../compose/state.js";
import { writeOut } from "../output.js";

/** What its command line says. */
export interface DerivationShowOptions {
  readonly storeDir?: readonly string[];
  readonly jsonFormat: "1" | "2" | "3" | "4";
}

/** `causeway derivation show`. Needs no state. */
export async function derivationShow(texts: string[], options: DerivationShowOptions): Promise<void> {
  const storeDir = logicalStoreDir(process.env);
  const derivations = new Map<StorePath, Derivation>();
  for (const text of texts) {
    const { drvName, directory } = parseDerivedPath(text);
    const directories = [
      ...(options.storeDir ?? []),
      ...(directory === "" ? [] : [directory]),
      evaluationStoreDirectory(process.env, storeDir),
      storeDir,
    ];
    const store = createMemoryStore();
    const source = createNixStoreSource({ store, storeDir, directories, nowSeconds: () => 0 });
    const path = parseStorePath(drvName);
    derivations.set(path, await source.load(path));
  }
  const json = derivationsToJson(derivations, { storeDir, version: `v${options.jsonFormat}` });
  await writeOut(bytesOf(`${printJson(json)}\n` as ByteString));
}
