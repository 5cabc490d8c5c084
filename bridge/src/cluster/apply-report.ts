import { digestOf, type DigestFunction } from "../digest/index.js";
import type { ExecuteResponse } from "../execution/index.js";
import {
  encodeOutputNotes,
  type ActionResult,
  type ByteString,
  type CastoreNode,
  type OutputDirectory,
  type OutputFile,
  type OutputNote,
  type OutputSymlink,
} from "../formats/index.js";
import type { HelperCall } from "../coordinator/index.js";
import { Code, StatusError, hasCode } from "../status/index.js";
import { digestOfFile, importNar, nodeAt, readFileAt, type Store } from "../store/index.js";
import { parseHelperReport, REPORT_BYTES_MAX, type HelperReport, type ReportedOutput } from "./helper-report.js";

/** What {@link applyReport} works with. */
export interface ReportContext {
  /** For messages. */
  readonly url: string;
  readonly store: Store;
  readonly call: HelperCall;
  readonly fn: DigestFunction;
  readonly signal: AbortSignal;
}

/**
 * Turns what a cluster returned into what the builder did, by the helper's report: its exit, its outputs that travelled as archives, and notes by
 * which the others are compared with what the builder made.
 *
 * @param response with everything it names in the store.
 * @throws StatusError FailedPrecondition if the helper could not run there; DataLoss, naming the cluster, if report and result disagree.
 */
export async function applyReport(context: ReportContext, response: ExecuteResponse): Promise<ExecuteResponse> {
  const { call, url } = context;
  const { result, status } = response;
  if (result === undefined || status !== undefined) return response;
  const directory = result.outputDirectories.find(({ path }) => call.reportPath.endsWith(path));
  const folder = directory === undefined ? undefined : await nodeOf(context, directory);
  const file = folder === undefined ? undefined : await nodeAt(context.store, folder, "report");
  if (folder === undefined || file?.type !== "file") {
    if (result.exitCode === 0)
      throw refused(url, "it says that a build succeeded, without the report that goes with it");
    throw new StatusError(
      Code.FailedPrecondition,
      `cluster ${url} did not run the builder: the action ended with exit code ${result.exitCode}${await lastLine(context, result)}`,
    );
  }
  if (file.size > REPORT_BYTES_MAX) throw refused(url, "the helper's report is too large");
  const report = parseHelperReport(await readFileAt(context.store, folder, "report"));
  return { ...response, ...endOf(report), result: await resultOf(context, { result, report, folder }) };
}

function endOf({ builder }: HelperReport): Pick<ExecuteResponse, "signal" | "tripped"> {
  if (builder.type === "silent") return { tripped: "silence" };
  if (builder.type === "talkative") return { tripped: "log-size" };
  return builder.type === "signalled" ? { signal: builder.signal } : {};
}

function exitCodeOf({ builder }: HelperReport): number {
  if (builder.type === "exited") return builder.code;
  return builder.type === "signalled" ? 128 + builder.signal : 1;
}

interface Parts {
  readonly result: ActionResult;
  readonly report: HelperReport;
  /** With archives. */
  readonly folder: CastoreNode;
}

async function resultOf(context: ReportContext, { result, report, folder }: Parts): Promise<ActionResult> {
  const files: OutputFile[] = [];
  const directories: OutputDirectory[] = [];
  const symlinks: OutputSymlink[] = [];
  const notes = new Map<string, OutputNote>();
  // If one cannot be had, the helper has made a failure of it all, and the cluster need not keep the others.
  const areAllThere = context.call.outputs.every((_, number) => isThere(report.outputs.get(number)));
  if (exitCodeOf(report) === 0)
    for (const [number, output] of context.call.outputs.entries()) {
      // From the root, as registration knows it.
      const path = output.slice(1) as ByteString;
      const reported = report.outputs.get(number) ?? { type: "absent" };
      notes.set(path, noteOf(context, reported, report.suspicious.has(number)));
      if (reported.type === "packed") {
        const node = await unpacked(context, { folder, number, reported });
        await addNode(context, { files, directories, symlinks }, path, node);
      } else if (reported.type === "whole") {
        const isThis = (other: { readonly path: ByteString }): boolean => other.path.endsWith(path);
        files.push(...result.outputFiles.filter(isThis).map((file) => ({ ...file, path })));
        directories.push(...result.outputDirectories.filter(isThis).map((directory) => ({ ...directory, path })));
        symlinks.push(...result.outputSymlinks.filter(isThis).map((symlink) => ({ ...symlink, path })));
        if (areAllThere && ![...files, ...directories, ...symlinks].some(isThis))
          throw refused(context.url, `output ${path}, which the builder made, did not come`);
      }
    }
  return {
    ...result,
    exitCode: exitCodeOf(report),
    outputFiles: files,
    outputDirectories: directories,
    outputSymlinks: symlinks,
    metadata: { ...result.metadata, auxiliary: [encodeOutputNotes(notes)] },
  };
}

function isThere(output: ReportedOutput | undefined): boolean {
  return output?.type === "whole" || output?.type === "packed";
}

function noteOf({ url }: ReportContext, reported: ReportedOutput, suspicious: boolean): OutputNote {
  const mark = suspicious ? { suspicious } : {};
  if (reported.type === "unsupported") return { ...mark, unsupported: reported.path };
  if (reported.type === "whole") return { ...mark, narHash: reported.narHash, carrier: `cluster ${url}` };
  if (reported.type === "failed")
    throw new StatusError(
      Code.FailedPrecondition,
      `the output's file '${reported.path}' could not be read on the worker (errno ${reported.errno})`,
    );
  return mark;
}

async function unpacked(
  { store, url, signal }: ReportContext,
  {
    folder,
    number,
    reported,
  }: {
    readonly folder: CastoreNode;
    readonly number: number;
    readonly reported: ReportedOutput & { readonly type: "whole" | "packed" };
  },
): Promise<CastoreNode> {
  const archive = await nodeAt(store, folder, String(number));
  if (archive?.type !== "file" || archive.size !== reported.narSizeBytes)
    throw refused(url, `the archive of output ${number} did not come whole`);
  const bytes = store.blobs.read(digestOfFile(archive), { signal });
  const { node, narHash } = await importNar(store, bytes, { signal }).catch((cause: unknown) => {
    if (!hasCode(cause, Code.InvalidArgument)) throw cause;
    throw refused(url, `the archive of output ${number} is malformed: ${StatusError.from(cause).message}`);
  });
  if (narHash !== reported.narHash) throw refused(url, `the archive of output ${number} is not the one that was made`);
  return node;
}

async function addNode(
  { store, fn }: ReportContext,
  lists: { files: OutputFile[]; directories: OutputDirectory[]; symlinks: OutputSymlink[] },
  path: ByteString,
  node: CastoreNode,
): Promise<void> {
  if (node.type === "symlink") lists.symlinks.push({ path, target: node.target });
  else if (node.type === "directory") {
    const rootDirectoryDigest = await store.trees.toReapi(node.digest, fn);
    lists.directories.push({ path, rootDirectoryDigest });
  } else {
    const info = await store.blobs.stat(digestOfFile(node));
    if (info === undefined) throw new StatusError(Code.NotFound, `a file of output ${path} is gone`);
    lists.files.push({ path, digest: digestOf(info, fn), isExecutable: node.executable });
  }
}

async function nodeOf({ store, url }: ReportContext, directory: OutputDirectory): Promise<CastoreNode> {
  if (directory.rootDirectoryDigest !== undefined) return store.trees.fromReapi(directory.rootDirectoryDigest);
  if (directory.treeDigest !== undefined) return store.trees.fromTree(directory.treeDigest);
  throw refused(url, "the report's directory comes without a digest");
}

/** Of the log: what the helper, the runner or a shell says when it cannot go on. */
async function lastLine({ store }: ReportContext, { stdoutRaw, stdoutDigest }: ActionResult): Promise<string> {
  const [bytes] =
    stdoutRaw !== undefined || stdoutDigest === undefined || stdoutDigest.sizeBytes > 1 << 20
      ? [stdoutRaw]
      : await store.blobs.readMany([stdoutDigest]);
  const line = Buffer.from(bytes ?? [])
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .at(-1);
  return line === undefined || line === "" ? "" : `, and said: ${line}`;
}

function refused(url: string, what: string): StatusError {
  return new StatusError(Code.DataLoss, `the result that cluster ${url} sent is refused: ${what}`);
}
