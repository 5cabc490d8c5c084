import { lstatSync, readlinkSync, type Stats } from "node:fs";
import type { DigestFunction } from "@causeway/bridge/digest";
import {
  byteStringFrom,
  byteStringOf,
  displayOf,
  type AnyMessage,
  type ByteString,
  type CastoreNode,
  type OutputDirectory,
  type OutputFile,
  type OutputSymlink,
} from "@causeway/bridge/formats";
import { Code, StatusError, hasCode } from "@causeway/bridge/status";
import { addPath, type Store } from "@causeway/bridge/store";
import type { LoadedAction, RequestedOutput } from "../action/load-action.js";
import { below, fsPath, type HostPath } from "../host-path.js";
import { outputNotes, type OutputNote } from "./output-notes.js";

/** What an action left at its output paths. */
export interface CollectedOutputs {
  readonly outputFiles: readonly OutputFile[];
  readonly outputDirectories: readonly OutputDirectory[];
  readonly outputSymlinks: readonly OutputSymlink[];
  /** What REAPI has no field for. */
  readonly auxiliary: readonly AnyMessage[];
  /** Directories that are in the store now, by their castore digests, and where they lie on the host. */
  readonly directories: readonly { readonly castore: string; readonly path: HostPath }[];
}

/** Of an action that left nothing. */
export const noOutputs: CollectedOutputs = {
  outputFiles: [],
  outputDirectories: [],
  outputSymlinks: [],
  auxiliary: [],
  directories: [],
};

/**
 * Stores the outputs of an action. Missing ones are left out (REAPI, `Command.output_paths`); no symlink is followed, neither at an output
 * nor above it.
 *
 * @throws StatusError FailedPrecondition if an output of the old lists is of the wrong kind; InvalidArgument for devices, pipes and sockets,
 *   unless notes are made of them: whoever has read-only inputs knows to read those.
 */
export async function collectOutputs(
  store: Store,
  loaded: LoadedAction,
  root: HostPath,
  signal: AbortSignal,
): Promise<CollectedOutputs> {
  const files: OutputFile[] = [];
  const directories: OutputDirectory[] = [];
  const symlinks: OutputSymlink[] = [];
  const places: CollectedOutputs["directories"][number][] = [];
  const notes = new Map<ByteString, OutputNote>();
  for (const output of loaded.outputs) {
    const stats = statInside(root, output);
    if (stats === undefined) continue;
    checkKind(output, stats);
    const place = below(root, ...output.segments);
    if (stats.isSymbolicLink()) {
      const target = byteStringFrom(readlinkSync(fsPath(place), { encoding: "buffer" }));
      symlinks.push({ path: output.path, target, ...oldListOf(output) });
      continue;
    }
    // Nix refuses outputs that others could have written to; it is for the caller to say so.
    if (loaded.platform.inputs === "read-only" && (stats.mode & 0o022) !== 0)
      notes.set(output.path, { suspicious: true });
    const node = await addOutput({ store, signal, notes }, place, output.path);
    const note = notes.get(output.path);
    if (note !== undefined && "unsupported" in note && loaded.platform.inputs === "writable")
      throw unsupported(output.path, note.unsupported);
    if (node?.type === "file") {
      const info = await store.blobs.stat({ fn: "blake3", hash: node.digest, sizeBytes: node.size });
      const digest = { fn: loaded.digest.fn, hash: info![loaded.digest.fn], sizeBytes: node.size };
      files.push({ path: output.path, digest, isExecutable: node.executable });
    } else if (node?.type === "directory") {
      const entry = await directoryOutput(store, loaded, output.path, node.digest);
      directories.push(entry);
      places.push({ castore: node.digest, path: place });
    }
  }
  return {
    outputFiles: files,
    outputDirectories: directories,
    outputSymlinks: symlinks,
    auxiliary: outputNotes(notes),
    directories: places,
  };
}

/** Adds one output; a kind of file that no archive holds becomes a note, because the rest of the result still counts. */
async function addOutput(
  { store, signal, notes }: { store: Store; signal: AbortSignal; notes: Map<ByteString, OutputNote> },
  place: HostPath,
  path: ByteString,
): Promise<CastoreNode | undefined> {
  try {
    return (await addPath(store, fsPath(place), { signal })).node;
  } catch (error) {
    const match = hasCode(error, Code.InvalidArgument)
      ? /^file '(.*)' has an unsupported type/s.exec((error as StatusError).message)
      : null;
    if (match === null) throw StatusError.wrap(error, "storing an output");
    const shown = byteStringOf(match[1]!);
    notes.set(path, { unsupported: shown === place ? "" : shown.slice(place.length + 1) });
    return undefined;
  }
}

async function directoryOutput(
  store: Store,
  loaded: LoadedAction,
  path: ByteString,
  castore: string,
): Promise<OutputDirectory> {
  const fn: DigestFunction = loaded.digest.fn;
  const format = loaded.command.outputDirectoryFormat ?? "tree-only";
  return {
    path,
    ...(format === "directory-only"
      ? {}
      : { treeDigest: await store.trees.toTree(castore, fn), isTopologicallySorted: true }),
    ...(format === "tree-only" ? {} : { rootDirectoryDigest: await store.trees.toReapi(castore, fn) }),
  };
}

/** The output's own status; `undefined` if it is missing, or a symlink stands where a directory above it should be. */
function statInside(root: HostPath, output: RequestedOutput): Stats | undefined {
  let stats = lstatSync(fsPath(root));
  for (let depth = 1; depth <= output.segments.length; depth++) {
    if (!stats.isDirectory()) return undefined;
    const next = lstatSync(fsPath(below(root, ...output.segments.slice(0, depth))), { throwIfNoEntry: false });
    if (next === undefined) return undefined;
    stats = next;
  }
  return stats;
}

function oldListOf({ kind }: RequestedOutput): Pick<OutputSymlink, "oldList"> {
  return kind === "any" ? {} : { oldList: kind === "file" ? "files" : "directories" };
}

function unsupported(output: ByteString, inside: string): StatusError {
  const place = displayOf(output) + (inside === "" ? "" : `/${inside}`);
  return new StatusError(
    Code.InvalidArgument,
    `output '${place}' is a device, pipe or socket; only files, directories and symlinks can be outputs`,
  );
}

/** The lists of API 2.0 say what each output is to be. */
function checkKind(output: RequestedOutput, stats: Stats): void {
  if (output.kind === "any" || stats.isSymbolicLink()) return;
  if (output.kind === "directory" ? stats.isDirectory() : !stats.isDirectory()) return;
  throw new StatusError(Code.FailedPrecondition, `output '${output.path}' is not a ${output.kind}`);
}
