import type { Digest, DigestFunction } from "../../digest/index.js";
import { compareBytes, displayOf, type ByteString } from "../bytes/byte-string.js";
import { nameProblem, targetProblem } from "../castore/check.js";
import { WireWriter, type WireReader } from "../wire/index.js";
import { ReapiError } from "./error.js";
import type { Directory, DirectoryNode, FileNode, NodeProperties, SymlinkNode } from "./messages.js";
import {
  decodeWith,
  defined,
  readDigest,
  readNodeProperties,
  required,
  writeDigest,
  writeNodeProperties,
} from "./parts.js";

/**
 * The canonical `Directory` message: three lists, each sorted by the bytes of the names.
 *
 * @throws ReapiError for a malformed name or target, and a name that occurs twice.
 */
export function encodeReapiDirectory(directory: Directory): Uint8Array {
  const files = byName(directory.files);
  const directories = byName(directory.directories);
  const symlinks = byName(directory.symlinks);
  checkNames({ files, directories, symlinks });
  const writer = new WireWriter();
  for (const node of files) writer.message(1, () => writeFile(writer, node));
  for (const node of directories)
    writer.message(2, () => {
      writer.byteString(1, node.name);
      writeDigest(writer, 2, node.digest);
    });
  for (const node of symlinks)
    writer.message(3, () => {
      writer.byteString(1, node.name);
      writer.byteString(2, node.target);
      writeNodeProperties(writer, 4, node.nodeProperties);
    });
  writeNodeProperties(writer, 5, directory.nodeProperties);
  return writer.finish();
}

/** How strictly a `Directory` is read. */
export interface DecodeDirectoryOptions {
  /** Refuses lists that are not sorted; otherwise they are sorted. Default: false, for some old clients do not sort. */
  readonly strictOrder?: boolean;
}

/**
 * Reads a `Directory` message. Names and targets are checked always: each name is one segment of a path, and occurs once.
 *
 * @throws ReapiError
 */
export function decodeReapiDirectory(
  bytes: Uint8Array,
  fn: DigestFunction,
  options: DecodeDirectoryOptions = {},
): Directory {
  return decodeWith(bytes, "Directory", (reader) => {
    const read = { files: [] as FileNode[], directories: [] as DirectoryNode[], symlinks: [] as SymlinkNode[] };
    let nodeProperties: NodeProperties | undefined;
    while (reader.next()) {
      if (reader.field === 1) read.files.push(readFile(reader.message(), fn));
      else if (reader.field === 2) read.directories.push(readDirectory(reader.message(), fn));
      else if (reader.field === 3) read.symlinks.push(readSymlink(reader.message()));
      else if (reader.field === 5) nodeProperties = readNodeProperties(reader.message());
      else reader.skip();
    }
    const files = byName(read.files);
    const directories = byName(read.directories);
    const symlinks = byName(read.symlinks);
    if (options.strictOrder === true) {
      if (files !== read.files || directories !== read.directories || symlinks !== read.symlinks)
        throw new ReapiError("children are not in the order of their names");
    }
    checkNames({ files, directories, symlinks });
    return { files, directories, symlinks, ...defined({ nodeProperties }) };
  });
}

function writeFile(writer: WireWriter, node: FileNode): void {
  writer.byteString(1, node.name);
  writeDigest(writer, 2, node.digest);
  writer.bool(4, node.isExecutable);
  writeNodeProperties(writer, 6, node.nodeProperties);
}

function readFile(reader: WireReader, fn: DigestFunction): FileNode {
  let name = "" as ByteString;
  let digest: Digest | undefined;
  let isExecutable = false;
  let nodeProperties: NodeProperties | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.byteString();
    else if (reader.field === 2) digest = readDigest(reader.message(), fn);
    else if (reader.field === 4) isExecutable = reader.bool();
    else if (reader.field === 6) nodeProperties = readNodeProperties(reader.message());
    else reader.skip();
  }
  const node = { name, digest: required(digest, "digest of a file"), isExecutable };
  return nodeProperties === undefined ? node : { ...node, nodeProperties };
}

function readDirectory(reader: WireReader, fn: DigestFunction): DirectoryNode {
  let name = "" as ByteString;
  let digest: Digest | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.byteString();
    else if (reader.field === 2) digest = readDigest(reader.message(), fn);
    else reader.skip();
  }
  return { name, digest: required(digest, "digest of a directory") };
}

function readSymlink(reader: WireReader): SymlinkNode {
  let name = "" as ByteString;
  let target = "" as ByteString;
  let nodeProperties: NodeProperties | undefined;
  while (reader.next()) {
    if (reader.field === 1) name = reader.byteString();
    else if (reader.field === 2) target = reader.byteString();
    else if (reader.field === 4) nodeProperties = readNodeProperties(reader.message());
    else reader.skip();
  }
  return nodeProperties === undefined ? { name, target } : { name, target, nodeProperties };
}

/** The list itself when it is sorted, as nearly all are; else a sorted copy. */
function byName<T extends { readonly name: ByteString }>(nodes: readonly T[]): readonly T[] {
  for (let i = 1; i < nodes.length; i++)
    if (nodes[i]!.name < nodes[i - 1]!.name) return nodes.toSorted((a, b) => compareBytes(a.name, b.name));
  return nodes;
}

function checkNames({ files, directories, symlinks }: Directory): void {
  for (const list of [files, directories, symlinks]) {
    let previous: ByteString | undefined;
    for (const { name } of list) {
      const problem = name === previous ? "name occurs twice" : nameProblem(name);
      if (problem !== undefined) throw nodeError(name, problem);
      previous = name;
    }
  }
  for (const { name, target } of symlinks) {
    const problem = targetProblem(target);
    if (problem !== undefined) throw nodeError(name, problem);
  }
  checkDisjoint(files, directories);
  checkDisjoint(files, symlinks);
  checkDisjoint(directories, symlinks);
}

type Named = readonly { readonly name: ByteString }[];

/** Both lists are sorted: one walk over the two finds a common name. */
function checkDisjoint(left: Named, right: Named): void {
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    const [a, b] = [left[l]!.name, right[r]!.name];
    if (a === b) throw nodeError(a, "name occurs twice");
    if (a < b) l++;
    else r++;
  }
}

function nodeError(name: ByteString, problem: string): ReapiError {
  return new ReapiError(`child ${JSON.stringify(displayOf(name))}: ${problem}`);
}
