import {
  decodeActionResult,
  encodeAction,
  encodeCommand,
  encodeReapiDirectory,
  type ActionResult,
  type ByteString,
  type Command,
  type Property,
} from "../../formats/index.js";
import { blobResourceName, type Digest } from "../../digest/index.js";
import { decodeStatus } from "../../grpc/index.js";
import { WireReader } from "../../formats/wire/index.js";
import { Code, type StatusError } from "../../status/index.js";
import { check, checkEqual, checkFails, checkMissing } from "../check.js";
import { Skip, type ConformanceCase } from "../conformance-case.js";
import type { Subject, TestBlob } from "../subject.js";

const text = (value: string): ByteString => value as ByteString;
const noExecution = (subject: Subject): string | undefined => (subject.canExecute ? undefined : "no execution");

/** How a run is asked for. */
interface Run {
  readonly script: string;
  readonly outputPaths?: readonly string[];
  readonly legacyFiles?: readonly string[];
  readonly legacyDirectories?: readonly string[];
  readonly timeoutMs?: number;
  readonly doNotCache?: boolean;
  readonly platform?: readonly Property[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

interface Prepared {
  readonly command: TestBlob;
  readonly action: TestBlob;
  readonly root: TestBlob;
}

/** Most servers run the tools of their machine for actions that bring none: a shell is what all of them have. */
function prepare(subject: Subject, run: Run): Prepared {
  const platform = [...subject.platform, ...(run.platform ?? [])];
  const command: Command = {
    // The uuid makes it an action of its own.
    arguments: [text("/bin/sh"), text("-c"), text(run.script), text(subject.uuid())],
    environment: new Map(
      Object.entries({ PATH: "/bin:/usr/bin", ...run.environment }).map(([name, value]) => [text(name), text(value)]),
    ),
    outputPaths: (run.outputPaths ?? []).map(text),
    ...(run.legacyFiles === undefined ? {} : { outputFiles: run.legacyFiles.map(text) }),
    ...(run.legacyDirectories === undefined ? {} : { outputDirectories: run.legacyDirectories.map(text) }),
    ...(run.workingDirectory === undefined ? {} : { workingDirectory: text(run.workingDirectory) }),
    ...(platform.length === 0 ? {} : { platform }),
  };
  const commandBlob = subject.blob(encodeCommand(command));
  const input = subject.blob(Buffer.from("input\n"));
  const root = subject.blob(
    encodeReapiDirectory({
      files: [{ name: text("input"), digest: input.digest, isExecutable: false }],
      directories: [],
      symlinks: [],
    }),
  );
  const action = subject.blob(
    encodeAction({
      commandDigest: commandBlob.digest,
      inputRootDigest: root.digest,
      ...(run.timeoutMs === undefined ? {} : { timeoutMs: run.timeoutMs }),
      ...(run.doNotCache === undefined ? {} : { doNotCache: run.doNotCache }),
      ...(platform.length === 0 ? {} : { platform }),
    }),
  );
  return { command: commandBlob, action, root };
}

/** What one stream of operations said. */
interface Outcome {
  readonly name: string;
  readonly stages: readonly string[];
  readonly result?: ActionResult;
  readonly cached: boolean;
  readonly status?: StatusError;
}

async function execute(
  subject: Subject,
  action: Digest,
  options: { skipCacheLookup?: boolean; inlineStdout?: boolean; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const { signal, ...rest } = options;
  const request = { ...subject.head, actionDigest: subject.wire(action), ...rest };
  return follow(
    subject,
    subject.channel.serverStream(subject.methods.execution.execute, request, {
      deadlineMs: EXECUTE_MS,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

/** Longer than any script here takes, also on a busy cluster. */
const EXECUTE_MS = 60_000;

type Operations = AsyncIterable<{
  name?: string;
  done?: boolean;
  result?: string;
  error?: unknown;
  metadata?: { value?: Buffer | Uint8Array | string } | null;
  response?: { value?: Buffer | Uint8Array | string } | null;
}>;

async function follow(subject: Subject, operations: Operations, stopAt?: (stage: string) => boolean): Promise<Outcome> {
  const stages: string[] = [];
  let name = "";
  let ended: Omit<Outcome, "name" | "stages"> | undefined;
  for await (const operation of operations) {
    check(ended === undefined, "a message came after the one that is done");
    check(operation.result !== "error", "Operation.error is set: failures belong into ExecuteResponse.status");
    name = operation.name ?? "";
    const stage = stageOf(operation.metadata?.value);
    if (stages.at(-1) !== stage) stages.push(stage);
    if (operation.done === true) ended = responseOf(subject, operation.response?.value);
    else if (stopAt?.(stage) === true) return { name, stages, cached: false };
  }
  check(ended !== undefined, "the stream ended before the operation was done");
  return { name, stages, ...ended };
}

const STAGES = ["UNKNOWN", "CACHE_CHECK", "QUEUED", "EXECUTING", "COMPLETED"];

function stageOf(metadata: Uint8Array | string | undefined): string {
  if (metadata === undefined || typeof metadata === "string") return "UNKNOWN";
  const reader = new WireReader(metadata);
  while (reader.next())
    if (reader.field === 1) return STAGES[reader.int32()] ?? "UNKNOWN";
    else reader.skip();
  return "UNKNOWN";
}

/** Source: remote_execution.proto, ExecuteResponse: result 1, cached_result 2, status 3. */
function responseOf(subject: Subject, bytes: Uint8Array | string | undefined): Omit<Outcome, "name" | "stages"> {
  check(bytes !== undefined && typeof bytes !== "string", "the operation is done without a response");
  const reader = new WireReader(bytes);
  let result: ActionResult | undefined;
  let cached = false;
  let status: StatusError | undefined;
  while (reader.next()) {
    if (reader.field === 1) result = decodeActionResult(reader.bytes(), subject.fn);
    else if (reader.field === 2) cached = reader.bool();
    else if (reader.field === 3) status = decodeStatus(reader.bytes());
    else reader.skip();
  }
  return { cached, ...(result === undefined ? {} : { result }), ...(status === undefined ? {} : { status }) };
}

/** Uploads and runs. @throws Skip if the server has no shell for us. */
async function run(
  subject: Subject,
  asked: Run,
  options: Parameters<typeof execute>[2] = {},
): Promise<Outcome & { result: ActionResult; prepared: Prepared }> {
  const prepared = prepare(subject, asked);
  await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
  const outcome = await execute(subject, prepared.action.digest, options);
  if (outcome.status !== undefined) throw outcome.status;
  check(outcome.result !== undefined, "the response has neither a result nor a status");
  return { ...outcome, result: outcome.result, prepared };
}

async function stdoutOf(subject: Subject, result: ActionResult): Promise<string> {
  if (result.stdoutRaw !== undefined && result.stdoutRaw.byteLength > 0)
    return Buffer.from(result.stdoutRaw).toString();
  return result.stdoutDigest === undefined
    ? ""
    : (await subject.read(subject.readName(result.stdoutDigest))).toString();
}

/** Servers of caches only are not asked; those whose workers have no shell are found out by the first case. */
const cases: readonly Omit<ConformanceCase, "unless">[] = [
  {
    name: "execute/exit-code-and-streams",
    requirement: "must",
    rule: "a command runs with its arguments and environment; its exit code and output come back",
    source: "Execution.Execute",
    async run(subject) {
      const { result } = await run(subject, {
        script: 'echo "out $GREETING"; echo err >&2; exit 3',
        environment: { GREETING: "hello" },
      });
      checkEqual("exit code", result.exitCode, 3);
      checkEqual("stdout", await stdoutOf(subject, result), "out hello\n");
    },
  },
  {
    name: "execute/input-and-output-files",
    requirement: "must",
    rule: "inputs are there; output files come back with their contents and executable bits; those that were not made are left out",
    source: "Command.output_paths",
    async run(subject) {
      const { result } = await run(subject, {
        script: "cat input > plain; cp plain sub/program; chmod +x sub/program",
        outputPaths: ["missing", "plain", "sub/program"],
      });
      const files = result.outputFiles.map(({ path, isExecutable, digest }) => [path, isExecutable, digest.hash]);
      const hash = subject.digestOf(Buffer.from("input\n")).hash;
      checkEqual("output files", files.sort(), [
        ["plain", false, hash],
        ["sub/program", true, hash],
      ]);
      await subject.checkReadable("an output", subject.blob(Buffer.from("input\n")));
    },
  },
  {
    name: "execute/output-directories",
    requirement: "must",
    rule: "an output that is a directory comes as a tree, which can be read; an empty one too",
    source: "ActionResult.output_directories",
    async run(subject) {
      const { result } = await run(subject, {
        script: "mkdir -p d/e empty && echo x > d/e/f",
        outputPaths: ["d", "empty"],
      });
      checkEqual("paths", result.outputDirectories.map(({ path }) => path).sort(), ["d", "empty"]);
      for (const { treeDigest } of result.outputDirectories) {
        check(treeDigest !== undefined, "tree_digest is absent");
        check((await subject.read(subject.readName(treeDigest))).byteLength > 0, "the tree is empty bytes");
      }
    },
  },
  {
    name: "execute/output-symlinks",
    requirement: "must",
    rule: "an output that is a symlink comes as one, with the target as written, dangling or not",
    source: "ActionResult.output_symlinks",
    async run(subject) {
      const { result } = await run(subject, {
        script: "echo x > f; ln -s f link; ln -s nowhere/at/all dangling",
        outputPaths: ["dangling", "link"],
      });
      checkEqual("symlinks", result.outputSymlinks.map(({ path, target }) => [path, target]).sort(), [
        ["dangling", "nowhere/at/all"],
        ["link", "f"],
      ]);
    },
  },
  {
    name: "execute/legacy-outputs",
    requirement: "should",
    rule: "the output lists of API 2.0 are heeded",
    source: "Command.output_files, output_directories",
    async run(subject) {
      if ((subject.capabilities.lowApiVersion?.minor ?? 0) > 0) throw new Skip("the lowest version is later than 2.0");
      const { result } = await run(subject, {
        script: "echo x > f; mkdir -p d; echo y > d/g",
        legacyFiles: ["f"],
        legacyDirectories: ["d"],
      });
      checkEqual(
        "outputs",
        [result.outputFiles.map(({ path }) => path), result.outputDirectories.map(({ path }) => path)],
        [["f"], ["d"]],
      );
    },
  },
  {
    name: "execute/stages",
    requirement: "must",
    rule: "stages come in order, and COMPLETED comes last and only with the operation that is done",
    source: "ExecuteOperationMetadata.stage",
    async run(subject) {
      const { stages } = await run(subject, { script: "true" });
      const order = stages.filter((stage) => stage !== "UNKNOWN").map((stage) => STAGES.indexOf(stage));
      checkEqual("stages", order, [...order].sort());
      check(!stages.slice(0, -1).includes("COMPLETED"), `COMPLETED came early: ${stages.join(", ")}`);
    },
  },
  {
    name: "execute/cached",
    requirement: "should",
    rule: "a result of exit code 0 is in the action cache afterwards",
    source: "Execution.Execute",
    async run(subject) {
      const { prepared } = await run(subject, { script: "echo x > f", outputPaths: ["f"] });
      const found = await subject.channel.unary(subject.methods.actionCache.getActionResult, {
        ...subject.head,
        actionDigest: subject.wire(prepared.action.digest),
      });
      checkEqual(
        "output files of the cached result",
        found.outputFiles.map(({ path }) => path),
        ["f"],
      );
    },
  },
  {
    name: "execute/failure-not-cached",
    requirement: "customary",
    rule: "a result of another exit code is not in the action cache",
    source: "Execution.Execute",
    async run(subject) {
      const { prepared } = await run(subject, { script: "exit 1" });
      const call = subject.channel.unary(subject.methods.actionCache.getActionResult, {
        ...subject.head,
        actionDigest: subject.wire(prepared.action.digest),
      });
      await checkFails("GetActionResult", call, Code.NotFound);
    },
  },
  {
    name: "execute/do-not-cache",
    requirement: "must",
    rule: "the result of an action that says so is not kept",
    source: "Action.do_not_cache",
    async run(subject) {
      const { prepared } = await run(subject, { script: "true", doNotCache: true });
      const call = subject.channel.unary(subject.methods.actionCache.getActionResult, {
        ...subject.head,
        actionDigest: subject.wire(prepared.action.digest),
      });
      await checkFails("GetActionResult", call, Code.NotFound);
    },
  },
  {
    name: "execute/skip-cache-lookup",
    requirement: "must",
    rule: "an action that is asked for without the cache runs again",
    source: "ExecuteRequest.skip_cache_lookup",
    async run(subject) {
      const { prepared, result } = await run(subject, { script: "head -c 16 /dev/urandom | od -An -tx1" });
      const again = await execute(subject, prepared.action.digest, { skipCacheLookup: true });
      check(!again.cached && again.result !== undefined, "the answer came from the cache");
      check(
        (await stdoutOf(subject, again.result)) !== (await stdoutOf(subject, result)),
        "the same random output came again",
      );
    },
  },
  {
    name: "execute/merged",
    requirement: "should",
    rule: "equal actions in flight are run once",
    source: "Execution.Execute",
    async run(subject) {
      const prepared = prepare(subject, { script: "sleep 0.5; head -c 16 /dev/urandom | od -An -tx1" });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const outcomes = await Promise.all([0, 1, 2].map(() => execute(subject, prepared.action.digest)));
      const texts = await Promise.all(outcomes.map(({ result }) => stdoutOf(subject, result!)));
      checkEqual("different outputs", new Set(texts).size, 1);
    },
  },
  {
    name: "execute/timeout",
    requirement: "must",
    rule: "an action that takes longer than its timeout ends with DEADLINE_EXCEEDED",
    source: "Action.timeout",
    async run(subject) {
      const prepared = prepare(subject, { script: "echo early; sleep 30", timeoutMs: 1000 });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const { status, result } = await execute(subject, prepared.action.digest);
      checkEqual("status of the response", status?.code, Code.DeadlineExceeded);
      if (result !== undefined) checkEqual("what was written before", await stdoutOf(subject, result), "early\n");
    },
  },
  {
    name: "execute/timeout-too-long",
    requirement: "must",
    rule: "a timeout over the server's maximum is refused, not shortened",
    source: "Action.timeout",
    async run(subject) {
      // A year: longer than any server lets an action run.
      const prepared = prepare(subject, { script: "true", timeoutMs: 365 * 86_400_000 });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const outcome = await execute(subject, prepared.action.digest).catch((reason: unknown) => ({
        status: reason as StatusError,
      }));
      checkEqual("status", outcome.status?.code, Code.InvalidArgument);
    },
  },
  ...(["action", "command", "root"] as const).map((part): Omit<ConformanceCase, "unless"> => ({
    name: `execute/missing-${part}`,
    requirement: "must",
    rule: `without its ${part === "root" ? "input root" : part} an action fails with FAILED_PRECONDITION, which names the blob as MISSING`,
    source: "Execution.Execute, PreconditionFailure",
    async run(subject) {
      const prepared = prepare(subject, { script: `true ${subject.uuid()}` });
      // An input root that no other case has uploaded.
      const root = subject.blob(
        encodeReapiDirectory({
          files: [],
          directories: [],
          symlinks: [{ name: text(subject.uuid()), target: text("x") }],
        }),
      );
      const action = subject.blob(
        encodeAction({ commandDigest: prepared.command.digest, inputRootDigest: root.digest }),
      );
      const blobs = { action, command: prepared.command, root };
      await subject.upload(...Object.entries(blobs).flatMap(([name, blob]) => (name === part ? [] : [blob])));
      const outcome = await execute(subject, action.digest).catch((reason: unknown) => ({
        status: reason as StatusError,
      }));
      checkEqual("status", outcome.status?.code, Code.FailedPrecondition);
      checkMissing("Execute", outcome.status, [blobResourceName(blobs[part].digest)]);
    },
  })),
  {
    name: "execute/missing-input-file",
    requirement: "must",
    rule: "an input file that is missing is named as MISSING",
    source: "Execution.Execute, PreconditionFailure",
    async run(subject) {
      const gone = subject.fresh();
      const root = subject.blob(
        encodeReapiDirectory({
          files: [{ name: text("f"), digest: gone.digest, isExecutable: false }],
          directories: [],
          symlinks: [],
        }),
      );
      const { command } = prepare(subject, { script: "true" });
      const action = subject.blob(encodeAction({ commandDigest: command.digest, inputRootDigest: root.digest }));
      await subject.upload(command, root, action);
      const outcome = await execute(subject, action.digest).catch((reason: unknown) => ({
        status: reason as StatusError,
      }));
      checkEqual("status", outcome.status?.code, Code.FailedPrecondition);
      checkMissing("Execute", outcome.status, [blobResourceName(gone.digest)]);
    },
  },
  {
    name: "execute/unknown-property",
    requirement: "should",
    rule: "a platform property that the server does not know is refused",
    source: "Platform",
    async run(subject) {
      const platform = [{ name: "no-such-property", value: subject.uuid() }];
      const outcome = await run(subject, { script: "true", platform }).catch(
        (reason: unknown) => reason as StatusError,
      );
      check("code" in outcome, "the action ran");
      check(
        outcome.code === Code.InvalidArgument ||
          outcome.code === Code.FailedPrecondition ||
          outcome.code === Code.Unavailable,
        `code ${String(outcome.code)}`,
      );
    },
  },
  {
    name: "execute/escaping-output",
    requirement: "must",
    rule: "an output path does not lead out of the input root",
    source: "Command.output_paths",
    async run(subject) {
      const prepared = prepare(subject, { script: "true", outputPaths: ["../../x"] });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const outcome = await execute(subject, prepared.action.digest).catch((reason: unknown) => ({
        status: reason as StatusError,
      }));
      check(outcome.status !== undefined, "the action succeeded");
    },
  },
  {
    name: "execute/large-stdout",
    requirement: "must",
    rule: "an output of many megabytes is kept as a blob, and not inlined",
    source: "ActionResult.stdout_digest",
    async run(subject) {
      const { result } = await run(subject, { script: "head -c 30000000 /dev/zero" }, { inlineStdout: true });
      checkEqual("size of stdout_digest", result.stdoutDigest?.sizeBytes, 30_000_000);
    },
  },
  {
    name: "execute/wait",
    requirement: "must",
    rule: "whoever lost the stream of an operation can wait for it by its name",
    source: "Execution.WaitExecution",
    async run(subject) {
      const prepared = prepare(subject, { script: "sleep 1; echo done" });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const request = { ...subject.head, actionDigest: subject.wire(prepared.action.digest) };
      const begun = subject.channel.serverStream(subject.methods.execution.execute, request, {
        deadlineMs: EXECUTE_MS,
      });
      const { name } = await follow(subject, begun, () => true);
      const waited = subject.channel.serverStream(
        subject.methods.execution.waitExecution,
        { name },
        { deadlineMs: EXECUTE_MS },
      );
      const { result } = await follow(subject, waited);
      checkEqual("stdout", await stdoutOf(subject, result!), "done\n");
    },
  },
  {
    name: "execute/wait-unknown",
    requirement: "must",
    rule: "waiting for an operation that nobody knows is NOT_FOUND",
    source: "Execution.WaitExecution",
    async run(subject) {
      const stream = subject.channel.serverStream(subject.methods.execution.waitExecution, {
        name: `operations/${subject.uuid()}`,
      });
      await checkFails("WaitExecution", follow(subject, stream), Code.NotFound, Code.InvalidArgument);
    },
  },
  {
    name: "execute/client-gone-merged-stays",
    requirement: "must",
    rule: "when one of two clients that wait for an action leaves, the other still gets its result",
    source: "Execution.Execute",
    async run(subject) {
      const prepared = prepare(subject, { script: "sleep 1; echo done" });
      await subject.upload(prepared.command, prepared.action, prepared.root, subject.blob(Buffer.from("input\n")));
      const controller = new AbortController();
      const leaving = execute(subject, prepared.action.digest, { signal: controller.signal }).catch(() => undefined);
      const staying = execute(subject, prepared.action.digest);
      controller.abort();
      await leaving;
      checkEqual("stdout", await stdoutOf(subject, (await staying).result!), "done\n");
    },
  },
];

export const executionCases: readonly ConformanceCase[] = cases.map((each) => ({ ...each, unless: noExecution }));
