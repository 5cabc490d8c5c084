import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  byteStringOf,
  displayOf,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type ActionResult,
  type ByteString,
  type Property,
} from "@causeway/bridge/formats";
import { digestBytes, formatDigest, type Digest } from "@causeway/bridge/digest";
import { Code, StatusError } from "@causeway/bridge/status";
import { addPath, checkout, type Store } from "@causeway/bridge/store";
import { openExecutor } from "../compose/executor.js";
import { loadSettings, type SettingOptions } from "../compose/settings.js";
import { openState, type StateOptions } from "../compose/state.js";
import { ExitCode } from "../exit-code.js";
import { interruptible } from "../interrupt.js";
import { writeOut } from "../output.js";

/** What its command line says. */
export interface ExecOptions extends StateOptions, SettingOptions {
  readonly input?: string;
  readonly env?: readonly string[];
  readonly output?: readonly string[];
  readonly outputDir?: string;
  readonly cwd: string;
  readonly platform?: readonly string[];
  readonly cache: boolean;
  readonly json?: boolean;
}

/** `causeway exec`: one command as a REAPI Action. @returns the command's exit code; 101 if it took too long. */
export async function exec(command: string[], options: ExecOptions): Promise<number> {
  const settings = loadSettings(options, process.env);
  await using state = await openState(options, "write");
  await using executor = await openExecutor(state, settings);
  const actionDigest = await upload(state.store, command, options, settings.timeoutMs);
  return await interruptible(async (signal) => {
    const live = options.json !== true;
    for await (const event of executor.execute({ actionDigest, skipCacheLookup: !options.cache }, { signal })) {
      if (event.type === "output" && live)
        (event.stream === "stdout" ? process.stdout : process.stderr).write(event.bytes);
      if (event.type !== "done") continue;
      const { response } = event;
      if (response.cachedResult && live && response.result !== undefined) await replay(state.store, response.result);
      if (response.status?.code === Code.DeadlineExceeded) {
        process.stderr.write(`error: ${response.status.message}\n`);
        return ExitCode.TimedOut;
      }
      if (response.status !== undefined) throw response.status;
      if (response.result === undefined) throw new StatusError(Code.Internal, "the executor ended without a result");
      if (options.outputDir !== undefined) await writeOutputs(state.store, response.result, resolve(options.outputDir));
      await printResult(actionDigest, response.result, { cached: response.cachedResult, json: options.json === true });
      return response.result.exitCode;
    }
    throw new StatusError(Code.Internal, "the executor ended without a response");
  });
}

async function upload(
  store: Store,
  command: readonly string[],
  options: ExecOptions,
  timeoutMs: number,
): Promise<Digest> {
  const root = await inputRoot(store, options.input);
  const platform = pairs(options.platform ?? []).map(([name, value]): Property => ({ name, value }));
  const commandBytes = encodeCommand({
    arguments: command.map(byteStringOf),
    environment: new Map(pairs(options.env ?? []).map(([name, value]) => [byteStringOf(name), byteStringOf(value)])),
    outputPaths: (options.output ?? []).map(byteStringOf),
    workingDirectory: byteStringOf(options.cwd),
    platform,
  });
  const actionBytes = encodeAction({
    commandDigest: digestBytes("blake3", commandBytes),
    inputRootDigest: root,
    platform,
    ...(timeoutMs === 0 ? {} : { timeoutMs }),
    ...(options.cache ? {} : { doNotCache: true }),
  });
  await store.blobs.writeMany([{ bytes: commandBytes }, { bytes: actionBytes }]);
  return digestBytes("blake3", actionBytes);
}

async function inputRoot(store: Store, directory: string | undefined): Promise<Digest> {
  if (directory === undefined) {
    const bytes = encodeReapiDirectory({ files: [], directories: [], symlinks: [] });
    return digestBytes("blake3", bytes);
  }
  const { node } = await addPath(store, resolve(directory));
  if (node.type !== "directory")
    throw new StatusError(Code.InvalidArgument, `--input '${directory}' is not a directory`);
  return store.trees.toReapi(node.digest, "blake3");
}

function pairs(texts: readonly string[]): [string, string][] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at <= 0) throw new StatusError(Code.InvalidArgument, `'${text}' is not of the form NAME=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

/** What a cached action said when it ran. */
async function replay(store: Store, result: ActionResult): Promise<void> {
  const streams = [
    [process.stdout, result.stdoutRaw, result.stdoutDigest],
    [process.stderr, result.stderrRaw, result.stderrDigest],
  ] as const;
  for (const [stream, raw, digest] of streams) {
    if (raw !== undefined) stream.write(raw);
    else if (digest !== undefined) for await (const bytes of store.blobs.read(digest)) stream.write(bytes);
  }
}

async function writeOutputs(store: Store, result: ActionResult, directory: string): Promise<void> {
  const place = async (path: ByteString): Promise<string> => {
    const target = join(directory, displayOf(path));
    if (target !== directory && !target.startsWith(`${directory}/`))
      throw new StatusError(
        Code.InvalidArgument,
        `output '${displayOf(path)}' would be written outside of '${directory}'`,
      );
    await mkdir(dirname(target), { recursive: true });
    return target;
  };
  for (const output of result.outputDirectories) {
    const root =
      output.rootDirectoryDigest === undefined
        ? await store.trees.fromTree(output.treeDigest!)
        : await store.trees.fromReapi(output.rootDirectoryDigest);
    await checkout(store, root, await place(output.path));
  }
  for (const output of result.outputFiles) {
    const info = await store.blobs.stat(output.digest);
    if (info === undefined)
      throw new StatusError(Code.DataLoss, `output '${displayOf(output.path)}' is missing from the store`);
    const node = { type: "file", digest: info.blake3, size: info.sizeBytes, executable: output.isExecutable } as const;
    await checkout(store, node, await place(output.path));
  }
  for (const output of result.outputSymlinks)
    await checkout(store, { type: "symlink", target: output.target }, await place(output.path));
}

async function printResult(
  action: Digest,
  result: ActionResult,
  how: { readonly cached: boolean; readonly json: boolean },
): Promise<void> {
  const outputs: Record<string, string> = {};
  for (const file of result.outputFiles) outputs[displayOf(file.path)] = formatDigest(file.digest);
  for (const directory of result.outputDirectories)
    outputs[displayOf(directory.path)] = formatDigest(directory.rootDirectoryDigest ?? directory.treeDigest!);
  for (const symlink of result.outputSymlinks) outputs[displayOf(symlink.path)] = `-> ${displayOf(symlink.target)}`;
  if (how.json)
    await writeOut(
      `${JSON.stringify({ action: formatDigest(action), exitCode: result.exitCode, cached: how.cached, outputs })}\n`,
    );
  else for (const [path, digest] of Object.entries(outputs)) process.stderr.write(`${path} ${digest}\n`);
}
