import { byteStringOf, bytesOf, displayOf, type ByteString, type CastoreNode } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import { nodeAt, type Store } from "@causeway/bridge/store";
import { openState, storePathFrom, validPath, type StateOptions } from "../compose/state.js";
import { writeOut } from "../output.js";

/** What its command line says. */
export interface ListOptions extends StateOptions {
  readonly long?: boolean;
  readonly recursive?: boolean;
  readonly json?: boolean;
}

/** `causeway store ls`: the lines and the JSON of `nix store ls`. */
export async function storeLs(text: string, options: ListOptions): Promise<void> {
  await using state = await openState(options, "read");
  const { path, rest } = storePathFrom(state.storeDir, text);
  const info = await validPath(state, path);
  const node = await nodeAt(state.store, info.node, byteStringOf(rest));
  if (node === undefined)
    throw new StatusError(Code.NotFound, `path '${state.storeDir}/${path}/${rest}' does not exist`);
  if (options.json === true)
    await writeOut(JSON.stringify(await jsonOf(state.store, node, options.recursive === true, true)));
  else if (node.type !== "directory")
    await writeLine(options, node, byteStringOf(rest === "" ? path : rest.split("/").at(-1)!));
  else await list(state.store, node, byteStringOf("."), options);
}

async function list(
  store: Store,
  node: CastoreNode & { type: "directory" },
  prefix: ByteString,
  options: ListOptions,
): Promise<void> {
  for (const entry of await entriesOf(store, node)) {
    const name = `${prefix}/${entry.name}` as ByteString;
    await writeLine(options, entry.node, name);
    if (options.recursive === true && entry.node.type === "directory") await list(store, entry.node, name, options);
  }
}

async function writeLine(options: ListOptions, node: CastoreNode, name: ByteString): Promise<void> {
  const target = node.type === "symlink" && options.long === true ? ` -> ${node.target}` : "";
  const columns =
    options.long === true ? `${modeOf(node)} ${String(node.type === "file" ? node.size : 0).padStart(20)} ` : "";
  await writeOut(bytesOf(`${columns}${name}${target}\n` as ByteString));
}

function modeOf(node: CastoreNode): string {
  if (node.type === "directory") return "dr-xr-xr-x";
  if (node.type === "symlink") return "lrwxrwxrwx";
  return node.executable ? "-r-xr-xr-x" : "-r--r--r--";
}

async function jsonOf(store: Store, node: CastoreNode, recursive: boolean, top: boolean): Promise<object> {
  switch (node.type) {
    case "symlink":
      return { type: "symlink", target: displayOf(node.target) };
    case "file":
      return { type: "regular", size: node.size, ...(node.executable ? { executable: true } : {}) };
    case "directory": {
      const entries: Record<string, object> = {};
      for (const entry of await entriesOf(store, node))
        entries[displayOf(entry.name)] = recursive ? await jsonOf(store, entry.node, true, false) : {};
      return top || recursive ? { type: "directory", entries } : {};
    }
  }
}

async function entriesOf(
  store: Store,
  node: CastoreNode & { type: "directory" },
): Promise<readonly { name: ByteString; node: CastoreNode }[]> {
  const directory = await store.directories.get(node.digest);
  if (directory === undefined)
    throw new StatusError(Code.DataLoss, `directory ${node.digest} is missing from the store`);
  return directory.entries;
}
