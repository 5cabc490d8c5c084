import { type ByteString, bytesOf } from "@causeway/bridge/formats";
import type { Segments } from "./action/relative-path.js";

/** A path on this machine as bytes: names of inputs and outputs need not be UTF-8. */
export type HostPath = ByteString;

/** The path of an entry below a directory. */
export function below(directory: HostPath, ...segments: Segments): HostPath {
  return [directory, ...segments].join("/") as HostPath;
}

/** The path as `node:fs` takes it. */
export function fsPath(path: HostPath): Buffer {
  return bytesOf(path);
}
