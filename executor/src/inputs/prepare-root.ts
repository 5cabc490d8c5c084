import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { byteStringOf, displayOf } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import type { LoadedAction } from "../action/load-action.js";
import { missingBlobs } from "../action/missing-blobs.js";
import type { Segments } from "../action/relative-path.js";
import { below, fsPath, type HostPath } from "../host-path.js";
import type { ExecutorLimits } from "../limits.js";
import type { Identity } from "../sandbox/identity.js";
import type { OciMount } from "../sandbox/oci-config.js";
import { loadTrees, type LoadedTrees } from "./load-trees.js";
import { SHARED_DEPTH, planRoot, type RootPlan } from "./plan-root.js";
import type { TreeLease } from "./prepared-trees.js";
import {
  sharedStyle,
  systemStyle,
  writeFiles,
  writeSymlink,
  writeTree,
  type FileToWrite,
  type TreeStyle,
} from "./write-tree.js";

/** What {@link prepareRoot} works with. */
export interface RootParts {
  readonly store: Store;
  /** Given back by the caller, once the action is over. */
  readonly trees: TreeLease;
  readonly limits: ExecutorLimits;
  readonly identity: Identity;
  readonly signal: AbortSignal;
  /** The input tree, if it was read before. */
  readonly inputs?: LoadedTrees;
}

/** The first moment of 2000, in seconds, as under Buildbarn: zip and others refuse times before 1980. */
const WRITABLE_MTIME = 946_684_800;

/**
 * Makes the root directory of an action.
 *
 * @param root exists and is empty.
 * @returns the mounts that complete it: shared trees and, with a network, the host's files for finding names.
 * @throws StatusError FailedPrecondition with all missing blobs; InvalidArgument for malformed messages.
 */
export async function prepareRoot(parts: RootParts, loaded: LoadedAction, root: HostPath): Promise<OciMount[]> {
  const plan = await planRoot(parts.store, loaded);
  const ready = new Map<Segments, HostPath>();
  for (const { segments, digest } of plan.shared) {
    const path = await parts.trees.find(digest);
    if (path !== undefined) ready.set(segments, path);
  }
  const absent = plan.shared.filter(({ segments }) => !ready.has(segments));
  const { directories, missing } =
    parts.inputs ??
    (await loadTrees(
      parts.store,
      [...absent, ...plan.copied].map(({ digest }) => digest),
      parts.limits,
      plan.files.map(({ digest }) => digest),
    ));
  if (plan.missing.length + missing.length > 0) throw missingBlobs([...plan.missing, ...missing]);

  const looks = stylesOf(parts.identity, loaded);
  for (const segments of plan.directories) makeDirectory(below(root, ...segments));
  await placeFiles(parts, plan, root, looks);
  for (const { segments, target } of plan.symlinks) writeSymlink(below(root, ...segments), target, looks.inputs);
  for (const { segments, digest } of plan.copied) {
    const path = below(root, ...segments);
    mkdirIfAbsent(path);
    await writeTree(parts.store, directories, { digest, path }, looks.builder);
  }
  for (const { segments, digest } of absent) {
    parts.signal.throwIfAborted();
    ready.set(segments, await parts.trees.prepare(digest, directories));
  }
  const mounts = mountShared(plan, ready, root, parts.identity.ownsInputs);
  finish(parts.identity, loaded, root);
  if (loaded.root !== "input") return mounts;
  if (loaded.platform.inputs === "read-only" && loaded.workingDirectory.length > 0)
    mounts.push(workingMount(loaded, root));
  return [...mounts, ...(loaded.platform.network ? nameServiceMounts(root) : [])];
}

/** How what an action gets looks. */
interface Looks {
  /** Store paths and the like. */
  readonly inputs: TreeStyle;
  /** Files of the skeleton's upper levels, such as those of `/etc`. */
  readonly system: TreeStyle;
  readonly builder: TreeStyle;
}

function stylesOf(identity: Identity, loaded: LoadedAction): Looks {
  const owner = identity.ownsInputs ? {} : { owner: { uid: identity.hostUid, gid: identity.hostGid } };
  return {
    inputs: { ...sharedStyle, directoryMode: 0o755 },
    system: systemStyle,
    builder:
      loaded.platform.inputs === "read-only"
        ? { fileMode: 0o644, executableMode: 0o755, directoryMode: 0o755, ...owner }
        : { fileMode: 0o644, executableMode: 0o755, directoryMode: 0o755, mtime: WRITABLE_MTIME, ...owner },
  };
}

/** Files between the skeleton's directories. Where the builder does not own them, they are links to one copy that all actions share: a tenth of what writing costs, however small. */
async function placeFiles(parts: RootParts, plan: RootPlan, root: HostPath, looks: Looks): Promise<void> {
  const written = new Map<TreeStyle, FileToWrite[]>([
    [looks.inputs, []],
    [looks.system, []],
  ]);
  for (const { segments, digest, isExecutable } of plan.files) {
    const path = below(root, ...segments);
    const isSystem = segments.length < SHARED_DEPTH;
    if (!parts.identity.ownsInputs) {
      parts.signal.throwIfAborted();
      const shared = await parts.trees.prepareFile(digest, { isExecutable, isSystem });
      if (linked(shared, path)) continue;
    }
    written.get(isSystem ? looks.system : looks.inputs)!.push({ path, digest, isExecutable });
  }
  for (const [style, files] of written) await writeFiles(parts.store, files, style);
}

/** @returns false where files cannot be linked: on another file system, or one without links, or after the 65,000th link. */
function linked(from: HostPath, to: HostPath): boolean {
  try {
    linkSync(fsPath(from), fsPath(to));
    return true;
  } catch (error) {
    if (["EXDEV", "EPERM", "EMLINK", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

function mountShared(
  plan: RootPlan,
  ready: ReadonlyMap<Segments, HostPath>,
  root: HostPath,
  readOnly: boolean,
): OciMount[] {
  return plan.shared.map(({ segments }) => {
    makeDirectory(below(root, ...segments));
    return bind(displayOf(ready.get(segments)!), `/${displayOf(segments.join("/") as HostPath)}`, readOnly);
  });
}

/**
 * As under a multi-user Nix the mounts of inputs are writable and their files belong to somebody else, so that a builder which tries to write
 * is told "Permission denied". Only a builder that owns them needs the mount itself to forbid it.
 */
function bind(source: string, destination: string, readOnly: boolean): OciMount {
  return { destination, type: "none", source, options: ["bind", readOnly ? "ro" : "rw", "nosuid", "nodev"] };
}

/** The working directory is a mount of its own, as Nix's `/build` is: nothing can be linked or moved across its border. */
function workingMount(loaded: LoadedAction, root: HostPath): OciMount {
  const inside = displayOf(loaded.workingDirectory.join("/") as HostPath);
  return bind(displayOf(below(root, ...loaded.workingDirectory)), `/${inside}`, false);
}

/** Who may write where: the working directory is the builder's, the parents of outputs are shared with its group, `tmp` is everybody's. */
function finish(identity: Identity, loaded: LoadedAction, root: HostPath): void {
  const give = (path: HostPath, uid: number, gid: number): void => {
    if (!identity.ownsInputs) chownSync(fsPath(path), uid, gid);
  };
  const strict = loaded.platform.inputs === "read-only";
  for (const { segments } of loaded.outputs) {
    const parent = segments.slice(0, -1);
    makeParents(root, parent, (path) => give(path, strict ? 0 : identity.hostUid, identity.hostGid));
    if (!strict || parent.length === 0) continue;
    give(below(root, ...parent), 0, identity.hostGid);
    chmodSync(fsPath(below(root, ...parent)), 0o1775);
  }
  const tmp = below(root, byteStringOf("tmp"));
  if (loaded.root === "input" && isDirectory(tmp)) {
    if (strict) give(tmp, 0, 0);
    chmodSync(fsPath(tmp), 0o1777);
  }
  const working = below(root, ...loaded.workingDirectory);
  if (!isDirectory(working))
    throw new StatusError(
      Code.InvalidArgument,
      `the working directory '${displayOf(loaded.workingDirectory.join("/") as HostPath)}' is not in the input root`,
    );
  if (!strict) give(root, identity.hostUid, identity.hostGid);
  else {
    if (loaded.workingDirectory.length > 0) {
      give(working, identity.hostUid, identity.hostGid);
      chmodSync(fsPath(working), 0o700);
    }
    give(root, identity.rootUid ?? identity.hostUid, identity.hostGid);
    chmodSync(fsPath(root), 0o750);
  }
  if (loaded.root !== "input") return;
  // Where the runtime mounts: it makes what is missing, but may not in a root that is not its own.
  for (const name of ["proc", "dev"]) mkdirIfAbsent(below(root, byteStringOf(name)));
}

function makeParents(root: HostPath, segments: Segments, made: (path: HostPath) => void): void {
  for (let depth = 1; depth <= segments.length; depth++) {
    const path = below(root, ...segments.slice(0, depth));
    if (mkdirIfAbsent(path)) made(path);
  }
}

/** Of mode 0755 whatever our own umask is. */
function makeDirectory(path: HostPath): void {
  mkdirSync(fsPath(path));
  chmodSync(fsPath(path), 0o755);
}

/** @returns whether it was made. A symlink or file in its place is left: outputs below it will be missing. */
function mkdirIfAbsent(path: HostPath): boolean {
  if (lstatSync(fsPath(path), { throwIfNoEntry: false }) !== undefined) return false;
  makeDirectory(path);
  return true;
}

function isDirectory(path: HostPath): boolean {
  return lstatSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The host's files for finding names, where the input root has none of its own. Source: Nix, linux-derivation-builder.cc. */
function nameServiceMounts(root: HostPath): OciMount[] {
  const etc = below(root, byteStringOf("etc"));
  mkdirIfAbsent(etc);
  return ["resolv.conf", "services", "hosts"].flatMap((name) => {
    const source = `/etc/${name}`;
    const inside = below(etc, byteStringOf(name));
    if (lstatSync(source, { throwIfNoEntry: false }) === undefined) return [];
    if (lstatSync(fsPath(inside), { throwIfNoEntry: false }) !== undefined) return [];
    writeFileSync(fsPath(inside), ""); // What the mount covers.
    chmodSync(fsPath(inside), 0o644);
    return [bind(realpathSync(source), `/etc/${name}`, true)];
  });
}
