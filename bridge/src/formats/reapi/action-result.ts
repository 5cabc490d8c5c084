import type { Digest, DigestFunction } from "../../digest/index.js";
import { type ByteString } from "../bytes/byte-string.js";
import { WireWriter, type WireReader } from "../wire/index.js";
import { ReapiError } from "./error.js";
import { readExecutedActionMetadata, writeExecutedActionMetadata } from "./executed-action-metadata.js";
import type { ActionResult, OutputDirectory, OutputFile, OutputSymlink } from "./messages.js";
import { decodeWith, defined, readDigest, required, writeDigest } from "./parts.js";

/** The `ActionResult` message. Outputs stay in the order given. */
export function encodeActionResult(result: ActionResult): Uint8Array {
  const writer = new WireWriter();
  for (const file of result.outputFiles) writer.message(2, () => writeFile(writer, file));
  for (const directory of result.outputDirectories) writer.message(3, () => writeDirectory(writer, directory));
  writer.int64(4, result.exitCode);
  if (result.stdoutRaw !== undefined) writer.bytes(5, result.stdoutRaw);
  writeDigest(writer, 6, result.stdoutDigest);
  if (result.stderrRaw !== undefined) writer.bytes(7, result.stderrRaw);
  writeDigest(writer, 8, result.stderrDigest);
  const { metadata } = result;
  if (metadata !== undefined) writer.message(9, () => writeExecutedActionMetadata(writer, metadata));
  for (const symlink of result.outputSymlinks) if (symlink.oldList === "files") writeSymlink(writer, 10, symlink);
  for (const symlink of result.outputSymlinks) if (symlink.oldList === "directories") writeSymlink(writer, 11, symlink);
  for (const symlink of result.outputSymlinks) writeSymlink(writer, 12, symlink);
  return writer.finish();
}

/** The parts of a result that are single fields. */
type Singles = {
  -readonly [K in "stdoutRaw" | "stdoutDigest" | "stderrRaw" | "stderrDigest" | "metadata"]: ActionResult[K];
};

/**
 * Reads an `ActionResult` message. The symlink lists of API 2.0 (fields 10 and 11) count where the new one is empty: servers fill both.
 *
 * @throws ReapiError
 */
export function decodeActionResult(bytes: Uint8Array, fn: DigestFunction): ActionResult {
  return decodeWith(bytes, "ActionResult", (reader) => {
    const outputFiles: OutputFile[] = [];
    const outputDirectories: OutputDirectory[] = [];
    const outputSymlinks: OutputSymlink[] = [];
    const oldSymlinks: OutputSymlink[] = [];
    const singles: Singles = {
      stdoutRaw: undefined,
      stdoutDigest: undefined,
      stderrRaw: undefined,
      stderrDigest: undefined,
      metadata: undefined,
    };
    let exitCode = 0;
    while (reader.next()) {
      if (reader.field === 2) outputFiles.push(readFile(reader.message(), fn));
      else if (reader.field === 3) outputDirectories.push(readDirectory(reader.message(), fn));
      else if (reader.field === 4) exitCode = reader.int32();
      else if (reader.field === 10) oldSymlinks.push({ ...readSymlink(reader.message()), oldList: "files" });
      else if (reader.field === 11) oldSymlinks.push({ ...readSymlink(reader.message()), oldList: "directories" });
      else if (reader.field === 12) outputSymlinks.push(readSymlink(reader.message()));
      else readSingle(reader, singles, fn);
    }
    return {
      outputFiles,
      outputDirectories,
      outputSymlinks: outputSymlinks.length === 0 ? oldSymlinks : withOldLists(outputSymlinks, oldSymlinks),
      exitCode,
      ...defined(singles),
    };
  });
}

function readSingle(reader: WireReader, singles: Singles, fn: DigestFunction): void {
  if (reader.field === 5) singles.stdoutRaw = nonEmpty(reader.bytes());
  else if (reader.field === 6) singles.stdoutDigest = readDigest(reader.message(), fn);
  else if (reader.field === 7) singles.stderrRaw = nonEmpty(reader.bytes());
  else if (reader.field === 8) singles.stderrDigest = readDigest(reader.message(), fn);
  else if (reader.field === 9) singles.metadata = readExecutedActionMetadata(reader.message());
  else reader.skip();
}

function writeFile(writer: WireWriter, file: OutputFile): void {
  writer.byteString(1, file.path);
  writeDigest(writer, 2, file.digest);
  writer.bool(4, file.isExecutable);
  if (file.contents !== undefined) writer.bytes(5, file.contents);
}

function readFile(reader: WireReader, fn: DigestFunction): OutputFile {
  let path = "" as ByteString;
  let digest: Digest | undefined;
  let isExecutable = false;
  let contents: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field === 1) path = reader.byteString();
    else if (reader.field === 2) digest = readDigest(reader.message(), fn);
    else if (reader.field === 4) isExecutable = reader.bool();
    else if (reader.field === 5) contents = nonEmpty(reader.bytes());
    else reader.skip();
  }
  if (path === "") throw new ReapiError("path of an output file is missing", { offset: reader.offset });
  const file = { path, digest: required(digest, "digest of an output file"), isExecutable };
  return contents === undefined ? file : { ...file, contents };
}

function writeDirectory(writer: WireWriter, directory: OutputDirectory): void {
  writer.byteString(1, directory.path);
  writeDigest(writer, 3, directory.treeDigest);
  writer.bool(4, directory.isTopologicallySorted ?? false);
  writeDigest(writer, 5, directory.rootDirectoryDigest);
}

/** The path may be empty: it is the working directory then. */
function readDirectory(reader: WireReader, fn: DigestFunction): OutputDirectory {
  let path = "" as ByteString;
  let treeDigest: Digest | undefined;
  let isTopologicallySorted: boolean | undefined;
  let rootDirectoryDigest: Digest | undefined;
  while (reader.next()) {
    if (reader.field === 1) path = reader.byteString();
    else if (reader.field === 3) treeDigest = readDigest(reader.message(), fn);
    else if (reader.field === 4) isTopologicallySorted = reader.bool() || undefined;
    else if (reader.field === 5) rootDirectoryDigest = readDigest(reader.message(), fn);
    else reader.skip();
  }
  if (treeDigest === undefined && rootDirectoryDigest === undefined)
    throw new ReapiError("output directory has no digest", { offset: reader.offset });
  return { path, ...defined({ treeDigest, isTopologicallySorted, rootDirectoryDigest }) };
}

function writeSymlink(writer: WireWriter, field: number, { path, target }: OutputSymlink): void {
  writer.message(field, () => {
    writer.byteString(1, path);
    writer.byteString(2, target);
  });
}

/** Says of each symlink in which of the old lists it stands too. */
function withOldLists(symlinks: readonly OutputSymlink[], old: readonly OutputSymlink[]): readonly OutputSymlink[] {
  if (old.length === 0) return symlinks;
  const lists = new Map(old.map(({ path, oldList }) => [path, oldList]));
  return symlinks.map((symlink) => ({ ...symlink, ...defined({ oldList: lists.get(symlink.path) }) }));
}

function readSymlink(reader: WireReader): OutputSymlink {
  let path = "" as ByteString;
  let target = "" as ByteString;
  while (reader.next()) {
    if (reader.field === 1) path = reader.byteString();
    else if (reader.field === 2) target = reader.byteString();
    else reader.skip();
  }
  if (path === "") throw new ReapiError("path of an output symlink is missing", { offset: reader.offset });
  return { path, target };
}

function nonEmpty(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.byteLength === 0 ? undefined : bytes;
}
