import type { ProtoGrpcType } from "./generated/reapi.js";
import { createProtoSource, type FileDescriptor, type LoadedProtos } from "./loader.js";

export type { DefinitionAt, FileDescriptor, LoadedProtos } from "./loader.js";

/** The generated types of everything in this package, as `loadPackageDefinition` of @grpc/grpc-js makes them. */
export type ReapiTree = ProtoGrpcType;

const source = createProtoSource<ReapiTree>(new URL("../proto/", import.meta.url), "causeway/reapi.proto");

/**
 * The Remote Execution API v2, remote assets v1 and log streams v1, with what they travel with: google.bytestream, google.longrunning,
 * google.rpc, and the gRPC health and reflection services. Loaded with the first call, once for the process.
 */
export function loadReapi(): Promise<LoadedProtos<ReapiTree>> {
  return source.load();
}

/** The descriptors of the same files, for server reflection. Made with the first call. */
export function describeReapi(): Promise<readonly FileDescriptor[]> {
  return source.describe();
}
