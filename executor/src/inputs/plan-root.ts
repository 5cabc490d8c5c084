import { type Digest } from "@causeway/bridge/digest";
import type { ByteString, Directory } from "@causeway/bridge/formats";
import { isUtf8 } from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";
import type { LoadedAction } from "../action/load-action.js";
import type { Segments } from "../action/relative-path.js";
import { readDirectories } from "./read-directories.js";

/** Directories this deep and deeper are shared between actions; above them each action has its own. `nix/store/<path>` is at 3. */
export const SHARED_DEPTH = 3;

/** What an action's root directory is made of. */
export interface RootPlan {
  /** Directories of the action's own, parents first, without the root. */
  readonly directories: readonly Segments[];
  readonly files: readonly { readonly segments: Segments; readonly digest: Digest; readonly isExecutable: boolean }[];
  readonly symlinks: readonly { readonly segments: Segments; readonly target: ByteString }[];
  /** Trees that are shared. */
  readonly shared: readonly { readonly segments: Segments; readonly digest: Digest }[];
  /** Trees that the builder owns; where they are is no entry of `directories`. */
  readonly copied: readonly { readonly segments: Segments; readonly digest: Digest }[];
  /** Directory messages that the store lacks. */
  readonly missing: readonly Digest[];
}

type Draft = { -readonly [K in keyof RootPlan]: RootPlan[K][number][] };

/** Whether `prefix` is `path` or above it. */
export function isAtOrAbove(prefix: Segments, path: Segments): boolean {
  return prefix.length <= path.length && prefix.every((segment, i) => segment === path[i]);
}

/**
 * Plans the root of an action: all its own (`inputs` is `writable`), or a skeleton with shared trees. Reads the messages of the skeleton only.
 *
 * @throws StatusError InvalidArgument if a message is malformed.
 */
export async function planRoot(store: Store, loaded: LoadedAction): Promise<RootPlan> {
  const plan: Draft = { directories: [], files: [], symlinks: [], shared: [], copied: [], missing: [] };
  const root = loaded.action.inputRootDigest;
  if (loaded.platform.inputs === "writable") {
    plan.copied.push({ segments: [], digest: root });
    return plan;
  }
  let level: { segments: Segments; digest: Digest }[] = [{ segments: [], digest: root }];
  while (level.length > 0) {
    const read = await readDirectories(
      store,
      level.map(({ digest }) => digest),
    );
    const next: typeof level = [];
    for (const [i, directory] of read.entries()) {
      const { segments, digest } = level[i]!;
      if (directory === undefined) plan.missing.push(digest);
      else next.push(...placeEntries(plan, loaded, segments, directory));
    }
    level = next;
  }
  return plan;
}

/** Enters the children of a skeleton directory into the plan; returns those that are skeleton directories themselves. */
function placeEntries(
  plan: Draft,
  loaded: LoadedAction,
  parent: Segments,
  directory: Directory,
): RootPlan["shared"][number][] {
  for (const { name, digest, isExecutable } of directory.files)
    plan.files.push({ segments: [...parent, name], digest, isExecutable });
  for (const { name, target } of directory.symlinks) plan.symlinks.push({ segments: [...parent, name], target });
  const skeleton: RootPlan["shared"][number][] = [];
  for (const { name, digest } of directory.directories) {
    const child = { segments: [...parent, name], digest };
    const role = roleOf(child.segments, loaded);
    if (role === "copied") plan.copied.push(child);
    else if (role === "shared") plan.shared.push(child);
    else {
      plan.directories.push(child.segments);
      skeleton.push(child);
    }
  }
  return skeleton;
}

function roleOf(segments: Segments, loaded: LoadedAction): "copied" | "shared" | "skeleton" {
  const { workingDirectory, outputs } = loaded;
  if (segments.length === 1 && segments[0] === "tmp") return "copied";
  if (segments.length === workingDirectory.length && isAtOrAbove(segments, workingDirectory)) return "copied";
  if (isAtOrAbove(segments, workingDirectory) || segments.length < SHARED_DEPTH) return "skeleton";
  if (outputs.some((output) => segments.length < output.segments.length && isAtOrAbove(segments, output.segments)))
    return "skeleton";
  // A runtime takes its mounts as JSON, which has no form for other bytes.
  return segments.every(isUtf8) ? "shared" : "skeleton";
}
