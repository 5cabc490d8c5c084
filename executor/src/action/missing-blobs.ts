import { type Digest, blobResourceName } from "@causeway/bridge/digest";
import { Code, StatusError } from "@causeway/bridge/status";

/**
 * The error that names every blob an action needs and the store lacks, each once. Source: REAPI, `Execute`, PreconditionFailure.
 */
export function missingBlobs(digests: Iterable<Digest>): StatusError {
  const subjects = [...new Set([...digests].map(blobResourceName))];
  const shown = subjects.length === 1 ? subjects[0]! : `${String(subjects.length)} blobs, e.g. ${subjects[0]!}`;
  return new StatusError(Code.FailedPrecondition, `the store lacks ${shown}`, {
    details: [{ kind: "missing-blobs", subjects }],
  });
}
