import type { Digest } from "../../digest/index.js";
import type { ByteString } from "../bytes/byte-string.js";

/*
 * The REAPI messages that Causeway makes and reads itself, as plain data. Optional parts are absent, not empty. Names and targets are bytes:
 * the wire type is `string`, and a name that is not UTF-8 is carried raw between our own store and our own executor only.
 * Source: build/bazel/remote/execution/v2/remote_execution.proto.
 */

export interface Action {
  readonly commandDigest: Digest;
  readonly inputRootDigest: Digest;
  readonly timeoutMs?: number;
  readonly doNotCache?: boolean;
  readonly salt?: Uint8Array;
  /** Sorted by name, then value, by the encoder. */
  readonly platform?: readonly Property[];
}

export interface Property {
  readonly name: string;
  readonly value: string;
}

/** How output directories come back. */
export type OutputDirectoryFormat = "tree-only" | "directory-only" | "tree-and-directory";

export interface Command {
  readonly arguments: readonly ByteString[];
  /** By name; the encoder sorts. */
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  readonly outputPaths: readonly ByteString[];
  /** The lists of API 2.0, which old clients send in place of `outputPaths`. */
  readonly outputFiles?: readonly ByteString[];
  readonly outputDirectories?: readonly ByteString[];
  readonly workingDirectory?: ByteString;
  readonly platform?: readonly Property[];
  readonly outputNodeProperties?: readonly string[];
  readonly outputDirectoryFormat?: OutputDirectoryFormat;
}

export interface NodeProperties {
  readonly properties: readonly Property[];
  readonly mtimeMs?: number;
  readonly unixMode?: number;
}

export interface FileNode {
  readonly name: ByteString;
  readonly digest: Digest;
  readonly isExecutable: boolean;
  readonly nodeProperties?: NodeProperties;
}

export interface DirectoryNode {
  readonly name: ByteString;
  readonly digest: Digest;
}

export interface SymlinkNode {
  readonly name: ByteString;
  readonly target: ByteString;
  readonly nodeProperties?: NodeProperties;
}

/** Three lists, each sorted by the bytes of its names. */
export interface Directory {
  readonly files: readonly FileNode[];
  readonly directories: readonly DirectoryNode[];
  readonly symlinks: readonly SymlinkNode[];
  readonly nodeProperties?: NodeProperties;
}

export interface OutputFile {
  readonly path: ByteString;
  readonly digest: Digest;
  readonly isExecutable: boolean;
  readonly contents?: Uint8Array;
}

export interface OutputDirectory {
  readonly path: ByteString;
  /** Digest of the Tree message; absent with `directory-only`. */
  readonly treeDigest?: Digest;
  /** Digest of the root Directory message; absent with `tree-only`. */
  readonly rootDirectoryDigest?: Digest;
  readonly isTopologicallySorted?: boolean;
}

export interface OutputSymlink {
  readonly path: ByteString;
  readonly target: ByteString;
  /** The list of API 2.0 in which it is named as well: that of files or of directories, as the Command asked. */
  readonly oldList?: "files" | "directories";
}

/** When things happened, in milliseconds since the epoch, with fractions. */
export interface ExecutedActionMetadata {
  readonly worker?: string;
  readonly queuedMs?: number;
  readonly workerStartMs?: number;
  readonly workerCompletedMs?: number;
  readonly inputFetchStartMs?: number;
  readonly inputFetchCompletedMs?: number;
  readonly executionStartMs?: number;
  readonly executionCompletedMs?: number;
  readonly outputUploadStartMs?: number;
  readonly outputUploadCompletedMs?: number;
  /** What else a worker tells, as `google.protobuf.Any` messages. */
  readonly auxiliary?: readonly AnyMessage[];
}

/** A message of a type that is named beside it (`google.protobuf.Any`). */
export interface AnyMessage {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export interface ActionResult {
  readonly outputFiles: readonly OutputFile[];
  readonly outputDirectories: readonly OutputDirectory[];
  readonly outputSymlinks: readonly OutputSymlink[];
  readonly exitCode: number;
  readonly stdoutRaw?: Uint8Array;
  readonly stdoutDigest?: Digest;
  readonly stderrRaw?: Uint8Array;
  readonly stderrDigest?: Digest;
  readonly metadata?: ExecutedActionMetadata;
}
