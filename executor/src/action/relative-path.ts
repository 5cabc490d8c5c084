import { type ByteString, displayOf } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";

/** A path below the input root as its segments; none is empty, `.` or `..`. The root itself has none. */
export type Segments = readonly ByteString[];

/**
 * Resolves a path of a Command by its letters alone: no symlink is followed. `..` is allowed as long as it stays inside the input root
 * (BuildStream sends such output paths).
 *
 * @throws StatusError InvalidArgument for an absolute path, a NUL, or one that leaves the input root.
 */
export function resolvePath(base: Segments, path: ByteString, what: string): Segments {
  if (path.startsWith("/"))
    throw new StatusError(Code.InvalidArgument, `${what} '${displayOf(path)}' is absolute; it must be relative`);
  if (path.includes("\0")) throw new StatusError(Code.InvalidArgument, `${what} '${displayOf(path)}' has a NUL in it`);
  const segments = [...base];
  for (const segment of path.split("/") as ByteString[]) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.pop() === undefined)
      throw new StatusError(Code.InvalidArgument, `${what} '${displayOf(path)}' leaves the input root`);
  }
  return segments;
}

/** The segments as one path, without a slash at either end. */
export function joinSegments(segments: Segments): ByteString {
  return segments.join("/") as ByteString;
}
