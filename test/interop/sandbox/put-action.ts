import { digestBytes, type Digest } from "@causeway/bridge/digest";
import {
  byteStringFrom,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type Action,
  type ByteString,
  type Command,
  type Directory,
} from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";

/** A tree of inputs: contents are files, `executable` ones are marked, `target` makes a symlink. */
export interface InputTree {
  readonly [name: string]: InputTree | string | { readonly executable: string } | { readonly target: string };
}

/** What of an input root a test says. */
export interface RootParts {
  /** Below `nix/store`; `data` with a file `f` unless said. */
  readonly inputs?: InputTree;
  /** At the top, beside the usual directories. */
  readonly top?: InputTree;
  /** In place of the usual root. */
  readonly root?: Digest;
}

/** What of an action a test says. Strings are text; pass byte strings for other bytes. */
export interface ActionParts {
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly outputs?: readonly string[];
  readonly workingDirectory?: string;
  readonly platform?: Readonly<Record<string, string>>;
  readonly root: Digest;
  readonly command?: Partial<Command>;
  readonly action?: Partial<Action>;
}

/** Strings of tests are latin1 (a character is a byte), so that any bytes can be written. */
export function latin1(text: string): ByteString {
  return byteStringFrom(Buffer.from(text, "latin1"));
}

async function put(store: Store, bytes: Uint8Array): Promise<Digest> {
  await store.blobs.writeMany([{ bytes }]);
  return digestBytes("blake3", bytes);
}

/** Stores a directory with all below it. */
export async function putTree(store: Store, tree: InputTree, more: Partial<Directory> = {}): Promise<Digest> {
  const files: Directory["files"][number][] = [...(more.files ?? [])];
  const directories: Directory["directories"][number][] = [...(more.directories ?? [])];
  const symlinks: Directory["symlinks"][number][] = [...(more.symlinks ?? [])];
  for (const [text, entry] of Object.entries(tree)) {
    const name = latin1(text);
    if (typeof entry === "string")
      files.push({ name, digest: await put(store, Buffer.from(entry, "latin1")), isExecutable: false });
    else if (isExecutable(entry))
      files.push({ name, digest: await put(store, Buffer.from(entry.executable, "latin1")), isExecutable: true });
    else if (isSymlink(entry)) symlinks.push({ name, target: latin1(entry.target) });
    else directories.push({ name, digest: await putTree(store, entry) });
  }
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  return put(
    store,
    encodeReapiDirectory({
      files: files.sort(byName),
      directories: directories.sort(byName),
      symlinks: symlinks.sort(byName),
    }),
  );
}

function isExecutable(entry: object): entry is { executable: string } {
  return "executable" in entry && typeof entry.executable === "string";
}

function isSymlink(entry: object): entry is { target: string } {
  return "target" in entry && typeof entry.target === "string";
}

/** Stores an input root: `bin/sh`, `nix/store` with inputs, and the empty directories a Nix build finds. */
export async function putRoot(store: Store, shell: Digest, parts: RootParts): Promise<Digest> {
  const bin = await putTree(store, {}, { files: [{ name: latin1("sh"), digest: shell, isExecutable: true }] });
  const nix = { store: parts.inputs ?? { data: { f: "data\n" } } };
  const tree = { build: {}, dev: {}, etc: {}, proc: {}, tmp: {}, nix, ...parts.top };
  return putTree(store, tree, { directories: [{ name: latin1("bin"), digest: bin }] });
}

/** Stores an action that is shaped like a Nix build: in `/build`, with read-only inputs and one stream of output. */
export async function putAction(store: Store, parts: ActionParts): Promise<Digest> {
  const platform = Object.entries({ inputs: "read-only", stderr: "stdout", ...parts.platform }).map(
    ([name, value]) => ({ name, value }),
  );
  const environment = Object.entries(parts.environment ?? {}).map(
    ([name, value]) => [latin1(name), latin1(value)] as const,
  );
  const commandDigest = await put(
    store,
    encodeCommand({
      arguments: parts.arguments.map(latin1),
      environment: new Map(environment),
      outputPaths: (parts.outputs ?? ["../nix/store/out"]).map(latin1),
      workingDirectory: latin1(parts.workingDirectory ?? "build"),
      platform,
      outputDirectoryFormat: "tree-and-directory",
      ...parts.command,
    }),
  );
  return put(store, encodeAction({ commandDigest, inputRootDigest: parts.root, platform, ...parts.action }));
}
