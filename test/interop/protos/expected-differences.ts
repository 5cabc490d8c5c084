/**
 * Where our descriptors are known to differ, each with its reason. `ours only: name` and `theirs only: name` stand for the name and all that is
 * under it. Options are not compared at all: we leave out the HTTP annotations, which only a JSON gateway reads.
 */

/** An option that other APIs put on their methods; like the HTTP annotations it is for generators of clients. */
export const leftOutOfLongrunning = ["theirs only: google.longrunning.operation_info"];

/** BuildGrid ships copies from before these were added. */
export const lackedByBuildGrid: readonly string[] = [
  // Requests of remote assets did not name the digest function yet.
  "build.bazel.remote.asset.v1.FetchBlobRequest.digest_function",
  "build.bazel.remote.asset.v1.FetchBlobResponse.digest_function",
  "build.bazel.remote.asset.v1.FetchDirectoryRequest.digest_function",
  "build.bazel.remote.asset.v1.FetchDirectoryResponse.digest_function",
  "build.bazel.remote.asset.v1.PushBlobRequest.digest_function",
  "build.bazel.remote.asset.v1.PushDirectoryRequest.digest_function",
  // Chunking, in messages of one answer and then in streams.
  "build.bazel.remote.execution.v2.CacheCapabilities.fast_cdc_2020_params",
  "build.bazel.remote.execution.v2.CacheCapabilities.rep_max_cdc_params",
  "build.bazel.remote.execution.v2.CacheCapabilities.splice_blob_support",
  "build.bazel.remote.execution.v2.CacheCapabilities.split_blob_support",
  "build.bazel.remote.execution.v2.ChunkingFunction",
  "build.bazel.remote.execution.v2.ContentAddressableStorage.GetChunkMapping",
  "build.bazel.remote.execution.v2.ContentAddressableStorage.RegisterChunkMapping",
  "build.bazel.remote.execution.v2.ContentAddressableStorage.SpliceBlob",
  "build.bazel.remote.execution.v2.ContentAddressableStorage.SplitBlob",
  "build.bazel.remote.execution.v2.FastCdc2020Params",
  "build.bazel.remote.execution.v2.GetChunkMappingRequest",
  "build.bazel.remote.execution.v2.GetChunkMappingResponse",
  "build.bazel.remote.execution.v2.RegisterChunkMappingRequest",
  "build.bazel.remote.execution.v2.RegisterChunkMappingResponse",
  "build.bazel.remote.execution.v2.RepMaxCdcParams",
  "build.bazel.remote.execution.v2.SpliceBlobRequest",
  "build.bazel.remote.execution.v2.SpliceBlobResponse",
  "build.bazel.remote.execution.v2.SplitBlobRequest",
  "build.bazel.remote.execution.v2.SplitBlobResponse",
  // Later additions to what was there.
  "build.bazel.remote.execution.v2.CacheCapabilities.max_cas_blob_size_bytes",
  "build.bazel.remote.execution.v2.DigestFunction.Value.GITSHA1",
  "build.bazel.remote.execution.v2.ExecuteOperationMetadata.digest_function",
  "build.bazel.remote.execution.v2.ExecuteRequest.inline_output_files",
  "build.bazel.remote.execution.v2.ExecuteRequest.inline_stderr",
  "build.bazel.remote.execution.v2.ExecuteRequest.inline_stdout",
  // Additions to the common Google APIs, none of which REAPI relies on.
  "google.longrunning.ListOperationsRequest.return_partial_success",
  "google.longrunning.ListOperationsResponse.unreachable",
  "google.longrunning.OperationInfo",
  "google.longrunning.Operations.WaitOperation",
  "google.longrunning.WaitOperationRequest",
  "google.rpc.BadRequest.FieldViolation.localized_message",
  "google.rpc.BadRequest.FieldViolation.reason",
  "google.rpc.QuotaFailure.Violation.QuotaDimensionsEntry",
  "google.rpc.QuotaFailure.Violation.api_service",
  "google.rpc.QuotaFailure.Violation.future_quota_value",
  "google.rpc.QuotaFailure.Violation.quota_dimensions",
  "google.rpc.QuotaFailure.Violation.quota_id",
  "google.rpc.QuotaFailure.Violation.quota_metric",
  "google.rpc.QuotaFailure.Violation.quota_value",
].map((name) => `ours only: ${name}`);

/** Snix's Go code was last generated before the answer of its `.proto` changed to BuildResponse, and newer Snix has more services. */
export const changedInSnix: readonly string[] = [
  "theirs only: snix.build.v1.Build",
  "ours only: snix.build.v1.BuildResponse",
  "snix.build.v1.BuildService.DoBuild: ours rpc .snix.build.v1.BuildRequest -> .snix.build.v1.BuildResponse, " +
    "theirs rpc .snix.build.v1.BuildRequest -> .snix.build.v1.Build",
  "ours only: snix.build.v1.BuildUpdate",
  ...["BlobMeta", "BlobStoreService", "BSPutBlobResponse", "BSStatBlobRequest", "BSStatBlobResponse"].map(inCastore),
  ...["GetBlobRequest", "GetBlobResponse", "PutBlobRequest"].map(inCastore),
  ...["ChunkStoreService", "GetChunkRequest", "GetChunkResponse", "PutChunkRequest", "PutChunkResponse"].map(inCastore),
  ...["StatChunkRequest", "StatChunkResponse"].map(inCastore),
];

function inCastore(name: string): string {
  return `ours only: snix.castore.v1.${name}`;
}

/** The differences that no expectation covers, and the expectations that cover none. */
export function unexplained(found: readonly string[], expected: readonly string[]): readonly string[] {
  const covers = (expectation: string, difference: string): boolean =>
    difference === expectation || difference.startsWith(`${expectation}.`);
  return [
    ...found.filter((difference) => !expected.some((expectation) => covers(expectation, difference))),
    ...expected
      .filter((expectation) => !found.some((difference) => covers(expectation, difference)))
      .map((expectation) => `no longer so: ${expectation}`),
  ];
}
