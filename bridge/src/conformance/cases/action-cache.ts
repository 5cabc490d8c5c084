import { encodeAction, encodeCommand, encodeReapiDirectory, encodeTree, type ByteString } from "../../formats/index.js";
import { Code } from "../../status/index.js";
import { check, checkEqual, checkFails, checkMissing } from "../check.js";
import { Skip, type ConformanceCase } from "../conformance-case.js";
import type { Subject, TestBlob } from "../subject.js";
import { blobResourceName, type Digest } from "../../digest/index.js";

const text = (value: string): ByteString => value as ByteString;

const noUpdates = (subject: Subject): string | undefined =>
  subject.canUpdateActions ? undefined : "results are not taken from clients";

interface TestAction {
  readonly action: TestBlob;
  readonly command: TestBlob;
}

/** An action that no other run has; uploaded. */
async function newAction(subject: Subject): Promise<TestAction> {
  const command = subject.blob(
    encodeCommand({ arguments: [text("true"), text(subject.uuid())], environment: new Map(), outputPaths: [] }),
  );
  const root = subject.blob(Buffer.alloc(0));
  const action = subject.blob(encodeAction({ commandDigest: command.digest, inputRootDigest: root.digest }));
  await subject.upload(command, action);
  return { action, command };
}

interface NamedOutputs {
  readonly files?: readonly Digest[];
  readonly trees?: readonly Digest[];
  readonly stdout?: Digest;
}

function update(subject: Subject, action: Digest, outputs: NamedOutputs = {}, exitCode = 0) {
  return subject.channel.unary(subject.methods.actionCache.updateActionResult, {
    ...subject.head,
    actionDigest: subject.wire(action),
    actionResult: {
      exitCode,
      outputFiles: (outputs.files ?? []).map((digest, n) => ({ path: `f${n}`, digest: subject.wire(digest) })),
      outputDirectories: (outputs.trees ?? []).map((digest, n) => ({
        path: `d${n}`,
        treeDigest: subject.wire(digest),
      })),
      ...(outputs.stdout === undefined ? {} : { stdoutDigest: subject.wire(outputs.stdout) }),
      executionMetadata: { worker: "conformance" },
    },
  });
}

function get(subject: Subject, action: Digest, hints: { inlineStdout?: boolean; inlineOutputFiles?: string[] } = {}) {
  return subject.channel.unary(subject.methods.actionCache.getActionResult, {
    ...subject.head,
    actionDigest: subject.wire(action),
    ...hints,
  });
}

export const actionCacheCases: readonly ConformanceCase[] = [
  {
    name: "action-cache/absent",
    requirement: "must",
    rule: "an action without a result is NOT_FOUND",
    source: "ActionCache.GetActionResult",
    async run(subject) {
      await checkFails("GetActionResult", get(subject, subject.fresh().digest), Code.NotFound);
    },
  },
  {
    name: "action-cache/round-trip",
    requirement: "must",
    rule: "a result that was stored is found, with its outputs",
    source: "ActionCache.UpdateActionResult, GetActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const file = subject.fresh();
      await subject.upload(file);
      await update(subject, action.digest, { files: [file.digest] });
      const result = await get(subject, action.digest);
      checkEqual(
        "output files",
        result.outputFiles.map(({ path, digest }) => [path, digest?.hash]),
        [["f0", file.digest.hash]],
      );
    },
  },
  {
    name: "action-cache/replaced",
    requirement: "must",
    rule: "a later result takes the place of an earlier one",
    source: "ActionCache.UpdateActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const [first, second] = [subject.fresh(), subject.fresh()];
      await subject.upload(first, second);
      await update(subject, action.digest, { files: [first.digest] });
      await update(subject, action.digest, { files: [second.digest] });
      checkEqual("output", (await get(subject, action.digest)).outputFiles[0]?.digest?.hash, second.digest.hash);
    },
  },
  {
    name: "action-cache/complete-files",
    requirement: "should",
    rule: "a result is not found while a file that it names is missing",
    source: "ActionCache.GetActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      // A server may refuse it at once, which is as good.
      const stored = await update(subject, action.digest, { files: [subject.fresh().digest] }).then(
        () => true,
        () => false,
      );
      if (stored) await checkFails("GetActionResult", get(subject, action.digest), Code.NotFound);
    },
  },
  {
    name: "action-cache/complete-trees",
    requirement: "should",
    rule: "a result is not found while a file inside an output directory that it names is missing",
    source: "ActionCache.GetActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const gone = subject.fresh();
      const tree = subject.blob(
        encodeTree(
          encodeReapiDirectory({
            files: [{ name: text("x"), digest: gone.digest, isExecutable: false }],
            directories: [],
            symlinks: [],
          }),
          [],
        ),
      );
      await subject.upload(tree);
      const stored = await update(subject, action.digest, { trees: [tree.digest] }).then(
        () => true,
        () => false,
      );
      if (stored) await checkFails("GetActionResult", get(subject, action.digest), Code.NotFound);
      await subject.upload(gone);
      await update(subject, action.digest, { trees: [tree.digest] });
      checkEqual("directories once all is there", (await get(subject, action.digest)).outputDirectories.length, 1);
    },
  },
  {
    name: "action-cache/complete-streams",
    requirement: "should",
    rule: "a result is not found while the output of its command is missing",
    source: "ActionCache.GetActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const stored = await update(subject, action.digest, { stdout: subject.fresh().digest }).then(
        () => true,
        () => false,
      );
      if (stored) await checkFails("GetActionResult", get(subject, action.digest), Code.NotFound);
    },
  },
  {
    name: "action-cache/action-uploaded-first",
    requirement: "should",
    rule: "a result is taken only for an action that has been uploaded with its command",
    source: "ActionCache.UpdateActionResult",
    unless: noUpdates,
    async run(subject) {
      const { digest } = subject.fresh();
      const status = await checkFails("UpdateActionResult", update(subject, digest), Code.FailedPrecondition);
      checkMissing("UpdateActionResult", status, [blobResourceName(digest)]);
    },
  },
  {
    name: "action-cache/inline-stdout",
    requirement: "customary",
    rule: "asked to, a server puts a short output of the command into the result",
    source: "GetActionResultRequest.inline_stdout",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const stdout = subject.fresh(50);
      await subject.upload(stdout);
      await update(subject, action.digest, { stdout: stdout.digest });
      const { stdoutRaw } = await get(subject, action.digest, { inlineStdout: true });
      if (stdoutRaw === undefined || stdoutRaw.byteLength === 0)
        throw new Skip("it is a hint, which this server does not follow");
      check(stdoutRaw.equals(stdout.bytes), "the inlined output is another one");
    },
  },
  {
    name: "action-cache/inline-files",
    requirement: "customary",
    rule: "asked to, a server puts the contents of small output files into the result, and only of those asked for",
    source: "GetActionResultRequest.inline_output_files",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const files = [subject.fresh(50), subject.fresh(60)];
      await subject.upload(...files);
      await update(subject, action.digest, { files: files.map(({ digest }) => digest) });
      const { outputFiles } = await get(subject, action.digest, { inlineOutputFiles: ["f1"] });
      const [first, second] = ["f0", "f1"].map((path) => outputFiles.find((each) => each.path === path)?.contents);
      check(first === undefined || first.byteLength === 0, "contents of a file came that was not asked for");
      if (second === undefined || second.byteLength === 0)
        throw new Skip("it is a hint, which this server does not follow");
      check(second.equals(files[1]!.bytes), "the inlined contents are other ones");
    },
  },
  {
    name: "action-cache/inline-too-large",
    requirement: "must",
    rule: "what would not fit into a message is not inlined, and the result comes all the same",
    source: "GetActionResultRequest.inline_stdout",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      const stdout = subject.fresh(20_000_000);
      await subject.writeWhole(subject.writeName(stdout.digest), stdout.bytes);
      await update(subject, action.digest, { stdout: stdout.digest });
      const { stdoutDigest } = await get(subject, action.digest, { inlineStdout: true });
      checkEqual("stdout_digest", stdoutDigest?.hash, stdout.digest.hash);
    },
  },
  {
    name: "action-cache/bytes-kept",
    requirement: "should",
    rule: "what a result says beside its outputs is kept: exit code, metadata",
    source: "ActionCache.UpdateActionResult",
    unless: noUpdates,
    async run(subject) {
      const { action } = await newAction(subject);
      await update(subject, action.digest, {}, 3);
      const { exitCode, executionMetadata } = await get(subject, action.digest);
      checkEqual("exit code and worker", [exitCode, executionMetadata?.worker], [3, "conformance"]);
    },
  },
];
