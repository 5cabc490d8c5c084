import type { ByteString } from "../bytes/byte-string.js";
import { CastoreError } from "./error.js";

/** NAME_MAX: a longer name could not be unpacked. */
export const NAME_BYTES_MAX = 255;
/** PATH_MAX without its closing NUL: no kernel takes a longer target. */
export const TARGET_BYTES_MAX = 4095;

/**
 * What is wrong with a name for a child of a directory, if anything. The same rules hold for castore, NAR and our REAPI trees.
 *
 * Source: Tvix, castore/src/path/component.rs (the order of the checks too).
 */
export function nameProblem(name: ByteString): string | undefined {
  if (name.length === 0) return "name is empty";
  if (name === "..") return "name is ..";
  if (name === ".") return "name is .";
  if (name.length > NAME_BYTES_MAX) return `name is longer than ${String(NAME_BYTES_MAX)} bytes`;
  if (name.includes("\0")) return "name contains NUL";
  if (name.includes("/")) return "name contains /";
  return undefined;
}

/** What is wrong with the target of a symbolic link, if anything. Source: Tvix, castore/src/nodes/symlink_target.rs. */
export function targetProblem(target: ByteString): string | undefined {
  if (target.length === 0) return "symlink target is empty";
  if (target.length > TARGET_BYTES_MAX) return `symlink target is longer than ${String(TARGET_BYTES_MAX)} bytes`;
  if (target.includes("\0")) return "symlink target contains NUL";
  return undefined;
}

/** @throws CastoreError `invalid-name` */
export function checkName(name: ByteString): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new CastoreError("invalid-name", problem, name);
}

/** @throws CastoreError `invalid-symlink-target` */
export function checkTarget(target: ByteString, entryName?: ByteString): void {
  const problem = targetProblem(target);
  if (problem !== undefined) throw new CastoreError("invalid-symlink-target", problem, entryName);
}
