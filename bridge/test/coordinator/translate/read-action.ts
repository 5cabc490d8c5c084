import type { Digest } from "#src/digest/index.js";
import {
  byteStringFrom,
  decodeAction,
  decodeCommand,
  decodeReapiDirectory,
  type Action,
  type Command,
} from "#src/formats/index.js";
import type { Store } from "#src/store/index.js";

/** An Action with all that it names in the upper levels of its input root. */
export interface ReadAction {
  readonly action: Action;
  readonly command: Command;
  /** By path: contents of files, `-> target` of symlinks, `/` of directories. */
  readonly root: ReadonlyMap<string, string>;
}

export async function readBytes(store: Store, digest: Digest): Promise<Uint8Array> {
  const [bytes] = await store.blobs.readMany([digest]);
  if (bytes === undefined) throw new Error(`blob ${digest.hash} is not in the store`);
  return bytes;
}

/** Reads an Action back from the store. */
export async function readAction(store: Store, digest: Digest): Promise<ReadAction> {
  const action = decodeAction(await readBytes(store, digest), digest.fn);
  const command = decodeCommand(await readBytes(store, action.commandDigest));
  const root = new Map<string, string>();
  await walk(store, action.inputRootDigest, "", root);
  return { action, command, root };
}

async function walk(store: Store, digest: Digest, prefix: string, root: Map<string, string>): Promise<void> {
  const directory = decodeReapiDirectory(await readBytes(store, digest), digest.fn);
  for (const { name, digest: file } of directory.files)
    root.set(prefix + name, byteStringFrom(await readBytes(store, file)));
  for (const { name, target } of directory.symlinks) root.set(prefix + name, `-> ${target}`);
  for (const { name, digest: child } of directory.directories) {
    root.set(prefix + name, "/");
    await walk(store, child, `${prefix}${name}/`, root);
  }
}
