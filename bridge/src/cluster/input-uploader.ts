import { blobResourceName, digestKey, type Digest } from "../digest/index.js";
import { checkPortable, decodeAction, decodeReapiDirectory, ReapiError } from "../formats/index.js";
import { Code, StatusError } from "../status/index.js";
import type { BlobStore, Clock } from "../store/index.js";
import type { ClusterConnection } from "./connect-cluster.js";
import { findMissing } from "./find-missing.js";
import { createKnownTrees } from "./known-trees.js";
import { createBlobUploader, type BlobUploader, type Sent } from "./upload-blobs.js";

/** Directories read from the store in one go. */
const BATCH = 512;
/** Of one input root: the directories of a few thousand store paths. */
const DIRECTORIES_MAX = 1_000_000;

/** What {@link createInputUploader} works with. */
export interface InputUploaderParts {
  readonly cluster: ClusterConnection;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** For how long a tree that was found there is believed to be there still. */
  readonly knownMs?: number;
  /** Whether names and targets that are not UTF-8 are refused: every cluster but ours fails on them. */
  readonly requiresUtf8: boolean;
}

/** Makes sure that a cluster has what an action needs. */
export interface InputUploader {
  readonly sent: Sent;
  /**
   * The action, its command and its whole input tree.
   *
   * @throws StatusError FailedPrecondition (missing blobs in `details`) if part of it is not in our own store; InvalidArgument for what the
   *   cluster cannot carry; what the cluster fails with.
   */
  upload(actionDigest: Digest, signal?: AbortSignal): Promise<void>;
  /** What {@link upload} would send. */
  plan(actionDigest: Digest, signal?: AbortSignal): Promise<readonly Digest[]>;
  /**
   * Sends blobs of an action that the cluster says it lacks, and believes nothing any more. What it names beside them is not its business.
   *
   * @throws as {@link upload}.
   */
  restore(actionDigest: Digest, digests: readonly Digest[], signal?: AbortSignal): Promise<void>;
  /** Remembers a tree that is there, because it came from there. */
  know(directory: Digest): void;
}

/** Creates what uploads inputs: trees that are known to be there are not walked again. */
export function createInputUploader(parts: InputUploaderParts): InputUploader {
  const { cluster, blobs, clock } = parts;
  const known = createKnownTrees({ clock, ...(parts.knownMs === undefined ? {} : { ttlMs: parts.knownMs }) });
  const uploader: BlobUploader = createBlobUploader(cluster, blobs, clock);

  async function lookUp(actionDigest: Digest, signal?: AbortSignal) {
    const inputs = await inputsOf(parts, actionDigest, (directory) => known.has(directory));
    return { inputs, missing: await findMissing(cluster, inputs.blobs, signal) };
  }

  return {
    sent: uploader.sent,
    async upload(actionDigest, signal) {
      const { inputs, missing } = await lookUp(actionDigest, signal);
      if (missing.length > 0) await uploader.upload(missing, signal);
      for (const directory of inputs.directories) known.add(directory);
    },
    plan: async (actionDigest, signal) => (await lookUp(actionDigest, signal)).missing,
    async restore(actionDigest, digests, signal) {
      known.clear();
      const inputs = await inputsOf(parts, actionDigest, () => false);
      const own = new Set(inputs.blobs.map(digestKey));
      const lost = digests.filter((digest) => own.has(digestKey(digest)));
      await uploader.upload(lost, signal);
    },
    know: (directory) => known.add(directory),
  };
}

interface Inputs {
  /** Each once: what to ask the cluster for. */
  readonly blobs: readonly Digest[];
  /** Those among them that are directories, whole once all is sent. */
  readonly directories: readonly Digest[];
}

/** Everything that an action names, without the trees that `isKnown` has. */
async function inputsOf(
  { blobs, requiresUtf8 }: InputUploaderParts,
  actionDigest: Digest,
  isKnown: (directory: Digest) => boolean,
): Promise<Inputs> {
  const [bytes] = await blobs.readMany([actionDigest]);
  if (bytes === undefined) throw goneHere([actionDigest]);
  const { commandDigest, inputRootDigest } = decodeAction(bytes, actionDigest.fn);
  const found = new Map<string, Digest>([
    [digestKey(actionDigest), actionDigest],
    [digestKey(commandDigest), commandDigest],
  ]);
  const directories: Digest[] = [];
  const visit = (directory: Digest): void => {
    if (directory.sizeBytes === 0 || isKnown(directory) || found.has(digestKey(directory))) return;
    found.set(digestKey(directory), directory);
    directories.push(directory);
    if (directories.length > DIRECTORIES_MAX)
      throw new StatusError(Code.InvalidArgument, `the input tree has more than ${DIRECTORIES_MAX} directories`);
  };
  visit(inputRootDigest);
  // The list grows meanwhile.
  for (let at = 0; at < directories.length;) {
    const batch = directories.slice(at, at + BATCH);
    at += batch.length;
    const messages = await blobs.readMany(batch);
    const gone = batch.filter((_, i) => messages[i] === undefined);
    if (gone.length > 0) throw goneHere(gone);
    for (const [i, message] of messages.entries()) {
      const directory = decodeReapiDirectory(message!, batch[i]!.fn);
      if (requiresUtf8) portable(() => checkPortable(directory));
      for (const { digest } of directory.files) if (digest.sizeBytes > 0) found.set(digestKey(digest), digest);
      for (const { digest } of directory.directories) visit(digest);
    }
  }
  return { blobs: [...found.values()], directories };
}

function portable(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof ReapiError)) throw cause;
    throw new StatusError(Code.InvalidArgument, `an input cannot be carried to the cluster: ${cause.message}`, {
      cause,
    });
  }
}

function goneHere(digests: readonly Digest[]): StatusError {
  const subjects = digests.map(blobResourceName);
  return new StatusError(Code.FailedPrecondition, `inputs are not in our store any more: ${subjects[0]!}`, {
    details: [{ kind: "missing-blobs", subjects: subjects.slice(0, 64) }],
  });
}
