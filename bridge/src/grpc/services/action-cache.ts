import { blobResourceName, checkHash, formatDigest, type Digest, type DigestFunction } from "../../digest/index.js";
import { ReapiError, decodeAction, decodeActionResult, encodeActionResult } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { ActionCache, ActionName, HashedBlobStore } from "../../store/index.js";
import type { GetActionResultRequest } from "../codec/action-cache.js";
import { hotMethods } from "../codec/hot-methods.js";
import { digestFunctionOf } from "../digest-function.js";
import { bind, type CallContext, type Service } from "../rpc.js";
import { beginCall, type InstanceOptions } from "./begin-call.js";
import { withInlined } from "./inline-outputs.js";

/** What {@link createActionCacheService} works with. */
export interface ActionCacheServiceOptions extends InstanceOptions {
  readonly actionCache: ActionCache;
  readonly blobs: HashedBlobStore;
}

/** A larger `Action` message is none: it names two digests and some properties. */
const ACTION_BYTES_MAX = 1024 * 1024;

/** The action cache, one for each instance. Source: REAPI, `ActionCache`. */
export function createActionCacheService(options: ActionCacheServiceOptions): Service {
  const { actionCache, blobs } = options;

  /** By its hash alone: bazel-remote in front of other caches sends -1, or the size of the result, for the size of an action. */
  function actionOf(
    { actionDigest, digestFunction }: Pick<GetActionResultRequest, "actionDigest" | "digestFunction">,
    call: CallContext,
  ): ActionName {
    const fn = digestFunctionOf(digestFunction, actionDigest?.hash);
    call.label({ digestFunction: fn });
    if (actionDigest === undefined) throw new StatusError(Code.InvalidArgument, "action_digest is missing");
    checkHash(fn, actionDigest.hash);
    return { fn, hash: actionDigest.hash };
  }

  /**
   * A result is kept for an action that is here with its command.
   *
   * @throws StatusError FailedPrecondition that names what is missing; InvalidArgument if the blob is no action.
   */
  async function checkUploaded({ fn, hash }: ActionName, sizeBytes: number): Promise<void> {
    const info = await blobs.statByHash(fn, hash);
    const action = { fn, hash, sizeBytes: info?.sizeBytes ?? sizeBytes };
    if (action.sizeBytes > ACTION_BYTES_MAX)
      throw new StatusError(Code.InvalidArgument, `${formatDigest(action)} is too large for an action`);
    const [bytes] = info === undefined ? [] : await blobs.readMany([action]);
    if (bytes === undefined) throw notUploaded("the action", action);
    const command = commandOf(bytes, fn);
    if ((await blobs.findMissing([command])).length > 0) throw notUploaded("the action's command", command);
  }

  return [
    bind(hotMethods.actionCache.getActionResult, async (request, call) => {
      const { instanceName } = request;
      beginCall(options, call, instanceName, "read");
      const action = actionOf(request, call);
      const found = await actionCache.get(action, { instanceName });
      if (found === undefined) throw new StatusError(Code.NotFound, `no result of action ${action.hash} is known here`);
      const { inlineStdout: stdout, inlineStderr: stderr, inlineOutputFiles: outputFiles } = request;
      // What was stored passes as it is, unless something is to be put into it.
      if (!stdout && !stderr && outputFiles.length === 0) return found;
      const result = decodeActionResult(found, action.fn);
      const inlined = await withInlined(blobs, result, { stdout, stderr, outputFiles });
      return inlined === result ? found : encodeActionResult(inlined);
    }),
    bind(hotMethods.actionCache.updateActionResult, async (request, call) => {
      const { instanceName, actionResult = new Uint8Array() } = request;
      beginCall(options, call, instanceName, "write");
      const action = actionOf(request, call);
      await checkUploaded(action, request.actionDigest?.sizeBytes ?? 0);
      await actionCache.put(action, actionResult, { instanceName });
      return actionResult;
    }),
  ];
}

function commandOf(bytes: Uint8Array, fn: DigestFunction): Digest {
  try {
    return decodeAction(bytes, fn).commandDigest;
  } catch (cause) {
    if (!(cause instanceof ReapiError)) throw cause;
    throw new StatusError(Code.InvalidArgument, `the blob of action_digest is no Action: ${cause.message}`, { cause });
  }
}

function notUploaded(what: string, digest: Digest): StatusError {
  return new StatusError(
    Code.FailedPrecondition,
    `${what} ${formatDigest(digest)} is not in the store; upload it before its result`,
    { details: [{ kind: "missing-blobs", subjects: [blobResourceName(digest)] }] },
  );
}
