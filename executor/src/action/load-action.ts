import type { Digest } from "@causeway/bridge/digest";
import {
  type Action,
  type ByteString,
  type Command,
  type Property,
  decodeAction,
  decodeCommand,
  displayOf,
} from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { Store } from "@causeway/bridge/store";
import { loadTrees } from "../inputs/load-trees.js";
import { MESSAGE_BYTES_MAX, type ExecutorLimits } from "../limits.js";
import { decoded } from "./decoded.js";
import { chooseRoot, type RootKind } from "./choose-root.js";
import { missingBlobs } from "./missing-blobs.js";
import { type Machine, type Platform, type PlatformOptions, readPlatform } from "./platform.js";
import { type Segments, resolvePath } from "./relative-path.js";

/** An output asked for: the path as the client wrote it, and where that is below the input root. */
export interface RequestedOutput {
  readonly path: ByteString;
  readonly segments: Segments;
  /** What the lists of API 2.0 demand; `any` for `output_paths`. */
  readonly kind: "any" | "file" | "directory";
}

/** An action ready to be run: decoded, checked, all that is implicit said. */
export interface LoadedAction {
  readonly digest: Digest;
  readonly action: Action;
  readonly command: Command;
  readonly platform: Platform;
  /** What is `/` for the command. */
  readonly root: RootKind;
  readonly workingDirectory: Segments;
  readonly outputs: readonly RequestedOutput[];
  readonly timeoutMs: number;
}

/** How actions are read on a machine. */
export interface LoadOptions extends Pick<PlatformOptions, "ignored"> {
  /** What is `/` when an action does not say. */
  readonly defaultRoot?: "input" | "host";
}

/**
 * Reads an Action and its Command from the store and checks them.
 *
 * @throws StatusError FailedPrecondition with every missing blob in `details`; InvalidArgument for what is malformed or over a limit.
 */
export async function loadAction(
  store: Store,
  digest: Digest,
  machine: Machine,
  limits: ExecutorLimits,
  options: LoadOptions = {},
): Promise<LoadedAction> {
  const actionBytes = await readMessage(store, digest);
  if (actionBytes === undefined) throw missingBlobs([digest]);
  const action = decoded("Action", () => decodeAction(actionBytes, digest.fn));
  const timeoutMs = checkTimeout(action.timeoutMs, limits);
  const commandBytes = await readMessage(store, action.commandDigest);
  if (commandBytes === undefined) {
    const inputs = await loadTrees(store, [action.inputRootDigest], limits);
    throw missingBlobs([action.commandDigest, ...inputs.missing]);
  }
  const command = decoded("Command", () => decodeCommand(commandBytes));
  if (command.arguments.length === 0) throw new StatusError(Code.InvalidArgument, "the Command has no arguments");
  const [property] = command.outputNodeProperties ?? [];
  if (property !== undefined)
    throw new StatusError(Code.InvalidArgument, `output node property '${property}' is not supported`);
  checkNul(command);
  const workingDirectory = resolvePath([], command.workingDirectory ?? ("" as never), "working directory");
  const properties: readonly Property[] = action.platform ?? command.platform ?? [];
  const { ignored = [], defaultRoot = "input" } = options;
  const platform = readPlatform(properties, machine, { ignored, digestFunction: digest.fn });
  if (platform.containerImage !== undefined || platform.chrootRootDigest !== undefined)
    throw new StatusError(
      Code.FailedPrecondition,
      "this executor has neither a container engine for 'container-image' nor trees for 'chrootRootDigest'",
    );
  return {
    digest,
    action,
    command,
    timeoutMs,
    workingDirectory,
    platform,
    root: await chooseRoot(store, { inputRoot: action.inputRootDigest, command, platform, defaultRoot }),
    outputs: requestedOutputs(command, workingDirectory),
  };
}

async function readMessage(store: Store, digest: Digest): Promise<Uint8Array | undefined> {
  if (digest.sizeBytes > MESSAGE_BYTES_MAX)
    throw new StatusError(
      Code.InvalidArgument,
      `message ${digest.hash} is too large: ${String(digest.sizeBytes)} bytes`,
    );
  return (await store.blobs.readMany([digest]))[0];
}

/** Absent and zero mean "no timeout named" (REAPI: "If the timeout is unset, the server's default"). */
function checkTimeout(timeoutMs: number | undefined, limits: ExecutorLimits): number {
  if (timeoutMs === undefined || timeoutMs === 0) return limits.defaultTimeoutMs;
  if (timeoutMs < 0) throw new StatusError(Code.InvalidArgument, `the timeout is negative: ${String(timeoutMs)} ms`);
  if (timeoutMs > limits.timeoutMsMax)
    throw new StatusError(
      Code.InvalidArgument,
      `the timeout of ${String(timeoutMs)} ms is over the limit of ${String(limits.timeoutMsMax)} ms`,
    );
  return timeoutMs;
}

/** execve ends strings at a NUL: what it would cut off must not be run. */
function checkNul(command: Command): void {
  for (const argument of command.arguments)
    if (argument.includes("\0")) throw new StatusError(Code.InvalidArgument, "an argument has a NUL in it");
  for (const [name, value] of command.environment)
    if (name === "" || name.includes("=") || name.includes("\0") || value.includes("\0"))
      throw new StatusError(Code.InvalidArgument, `environment variable '${displayOf(name)}' cannot be set`);
}

/** `output_paths`, or where there are none the two lists of API 2.0 (REAPI: "if output_paths is used, the others are ignored"). */
function requestedOutputs(command: Command, workingDirectory: Segments): RequestedOutput[] {
  const { outputPaths, outputFiles = [], outputDirectories = [] } = command;
  const lists: readonly (readonly [readonly RequestedOutput["path"][], RequestedOutput["kind"]])[] =
    outputPaths.length > 0
      ? [[outputPaths, "any"]]
      : [
          [outputFiles, "file"],
          [outputDirectories, "directory"],
        ];
  return lists.flatMap(([paths, kind]) =>
    [...new Set(paths)].map((path) => {
      if (path === "" && kind !== "directory") throw new StatusError(Code.InvalidArgument, "an output path is empty");
      return { path, kind, segments: resolvePath(workingDirectory, path, "output path") };
    }),
  );
}
