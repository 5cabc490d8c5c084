import {
  hashPartOf,
  printStorePath,
  createReferenceScanner,
  displayOf,
  type CastoreNode,
} from "@causeway/bridge/formats";
import { digestOfFile, listTree, whyDepends, type Store } from "@causeway/bridge/store";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** `causeway why-depends`: a shortest chain of references, each with the files that hold it. */
export async function whyDependsCommand(from: string, to: string, options: StateOptions): Promise<void> {
  await using state = await openState(options, "read");
  const [start, end] = [from, to].map((text) => storePathFrom(state.storeDir, text).path);
  await validPath(state, start!);
  await validPath(state, end!);
  const chain = await whyDepends(state.store.pathInfos, start!, end!);
  if (chain === undefined) {
    process.stderr.write(
      `'${printStorePath(state.storeDir, start!)}' does not depend on '${printStorePath(state.storeDir, end!)}'\n`,
    );
    return;
  }
  await writeOut(`${printStorePath(state.storeDir, chain[0]!)}\n`);
  for (let index = 1; index < chain.length; index++) {
    const info = await validPath(state, chain[index - 1]!);
    const files = await holders(state.store, info.node, hashPartOf(chain[index]!));
    const indent = "    ".repeat(index - 1);
    await writeOut(`${indent}└───${files.length === 0 ? "(registered reference)" : files.join(", ")}\n`);
    await writeOut(`${indent}    → ${printStorePath(state.storeDir, chain[index]!)}\n`);
  }
}

/** More than a few files say nothing more. */
const FILES_SHOWN = 3;

async function holders(store: Store, root: CastoreNode, hashPart: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, node } of listTree(store, root)) {
    if (found.length === FILES_SHOWN) return [...found, "…"];
    const shown = path === "" ? "." : displayOf(path);
    if (
      node.type === "symlink"
        ? node.target.includes(hashPart)
        : node.type === "file" && (await holds(store, node, hashPart))
    )
      found.push(shown);
  }
  return found;
}

async function holds(store: Store, node: CastoreNode & { readonly type: "file" }, hashPart: string): Promise<boolean> {
  const scanner = createReferenceScanner([hashPart]);
  for await (const bytes of store.blobs.read(digestOfFile(node))) {
    scanner.push(bytes);
    if (scanner.found().size > 0) return true;
  }
  return false;
}
