import { byteStringFrom, displayOf, type ByteString, type CastoreNode } from "../../formats/index.js";
import { BuiltinError, requiredVariable, type Builtin, type BuiltinContext } from "./builtin-context.js";
import { createInputFiles, type InputFiles } from "./input-files.js";
import { childAt, isFolder, placeAt, storeFolder, type Folder } from "./memory-tree.js";

/** A package of an environment. */
interface Package {
  readonly path: ByteString;
  readonly active: boolean;
  /** The lower wins. */
  readonly priority: number;
}

/** Packages that others bring along come after all that were asked for. Source: Nix, `buildProfile`. */
const PROPAGATED_PRIORITY = 1000;

/** Useless in an environment, or in every package. Source: Nix, `createLinks`. */
const SKIPPED = [
  "/propagated-build-inputs",
  "/nix-support",
  "/perllocal.pod",
  "/info/dir",
  "/log",
  "/manifest.nix",
  "/manifest.json",
] as const;

/**
 * `builtin:buildenv`: a tree of symlinks to the files of packages, directories merged.
 *
 * Source: Nix 2.8, src/libstore/builtins/buildenv.cc.
 */
export const buildEnv: Builtin = async (context) => {
  const packages = parsePackages(requiredVariable(context, "derivations"));
  const merge: Merge = { context, files: createInputFiles(context), root: new Map(), priorities: new Map() };
  const manifest = requiredVariable(context, "manifest");
  await mergePackages(merge, packages);
  placeAt(merge.root, ["manifest.nix" as ByteString], { type: "symlink", target: manifest });
  return storeFolder(context.store.directories, merge.root);
};

/** `active priority count path…`, repeated. */
function parsePackages(text: ByteString): readonly Package[] {
  const tokens = text.split(/[ \t\n\r]+/).filter((token) => token !== "");
  const packages: Package[] = [];
  for (let i = 0; i < tokens.length;) {
    const [active, priority, count] = [tokens[i], Number(tokens[i + 1]), Number(tokens[i + 2])];
    i += 3;
    if (!Number.isInteger(priority) || !Number.isInteger(count) || count < 0 || i + count > tokens.length)
      throw new BuiltinError("attribute 'derivations' is malformed");
    for (const path of tokens.slice(i, i + count))
      packages.push({ path: path as ByteString, active: active !== "false", priority });
    i += count;
  }
  return packages.sort((a, b) => a.priority - b.priority || (a.path < b.path ? -1 : 1));
}

interface Merge {
  readonly context: BuiltinContext;
  readonly files: InputFiles;
  readonly root: Folder;
  /** Of each link made, by its path. */
  readonly priorities: Map<string, number>;
}

async function mergePackages(merge: Merge, packages: readonly Package[]): Promise<void> {
  const done = new Set<ByteString>();
  let postponed = new Set<ByteString>();
  const add = async (path: ByteString, priority: number): Promise<void> => {
    if (done.has(path)) return;
    done.add(path);
    await link(merge, path, [], priority);
    for (const propagated of await propagatedBy(merge, path)) if (!done.has(propagated)) postponed.add(propagated);
  };
  for (const { path, active, priority } of packages) if (active) await add(path, priority);
  let priority = PROPAGATED_PRIORITY;
  while (postponed.size > 0) {
    const paths = [...postponed].sort();
    postponed = new Set();
    for (const path of paths) await add(path, priority++);
  }
}

async function propagatedBy({ files }: Merge, path: ByteString): Promise<readonly ByteString[]> {
  const source = await files.open(displayOf(`${path}/nix-support/propagated-user-env-packages` as ByteString));
  if (source === undefined) return [];
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return byteStringFrom(Buffer.concat(pieces))
    .split(/[ \n]+/)
    .filter((token) => token !== "") as ByteString[];
}

/** Links the children of a directory into the environment. */
async function link(merge: Merge, from: ByteString, to: readonly ByteString[], priority: number): Promise<void> {
  const { context, files } = merge;
  const names = await files.list(from);
  if (names === undefined) {
    if ((await files.resolve(from)) === undefined)
      throw new BuiltinError(`opening directory '${displayOf(from)}': No such file or directory`);
    context.log(`warning: not including '${displayOf(from)}' in the user environment because it's not a directory`);
    return;
  }
  for (const name of names) {
    const source = `${from}/${name}` as ByteString;
    if (name.startsWith(".")) continue;
    const found = await files.resolve(source);
    if (found === undefined) {
      const path = `${displayOf(requiredVariable(context, "out"))}/${displayOf([...to, name].join("/") as ByteString)}`;
      context.log(`warning: skipping dangling symlink '${path}'`);
    } else if (!SKIPPED.some((suffix) => source.endsWith(suffix)))
      await linkOne(merge, { source, node: found.node, path: [...to, name], priority });
  }
}

interface NewLink {
  readonly source: ByteString;
  readonly node: CastoreNode;
  readonly path: readonly ByteString[];
  readonly priority: number;
}

async function linkOne(merge: Merge, { source, node, path, priority }: NewLink): Promise<void> {
  const { root, priorities, context } = merge;
  const existing = childAt(root, path);
  const shown = (): string =>
    `${displayOf(requiredVariable(context, "out"))}/${displayOf(path.join("/") as ByteString)}`;
  const key = path.join("/");
  if (isFolder(existing)) {
    if (node.type !== "directory")
      throw new BuiltinError(`collision between non-directory '${displayOf(source)}' and directory '${shown()}'`);
    await link(merge, source, path, priority);
    return;
  }
  if (existing?.type === "symlink") {
    const previous = priorities.get(key) ?? 0;
    if (node.type === "directory") {
      await mergeDirectories(merge, { source, node, path, priority }, { target: existing.target, priority: previous });
      return;
    }
    if (previous === priority)
      throw new BuiltinError(
        `packages '${displayOf(source)}' and '${displayOf(existing.target)}' have the same priority ${priority}; ` +
          "use 'nix-env --set-flag priority NUMBER INSTALLED_PKGNAME' to change the priority of one of the conflicting packages" +
          " (0 being the highest priority)",
      );
    if (previous < priority) return;
  }
  placeAt(root, path, { type: "symlink", target: source });
  priorities.set(key, priority);
}

/** A link to a directory becomes a directory with what both have. */
async function mergeDirectories(
  merge: Merge,
  { source, path, priority }: NewLink,
  existing: { readonly target: ByteString; readonly priority: number },
): Promise<void> {
  const found = await merge.files.resolve(existing.target);
  if (found?.node.type !== "directory")
    throw new BuiltinError(
      `collision between '${displayOf(source)}' and non-directory '${displayOf(found?.path ?? existing.target)}'`,
    );
  placeAt(merge.root, path, new Map());
  await link(merge, found.path, path, existing.priority);
  await link(merge, source, path, priority);
}
