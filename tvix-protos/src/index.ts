import { createProtoSource, type FileDescriptor, type LoadedProtos } from "@causeway/reapi-protos/loader";
import type { ProtoGrpcType as StreamingGrpcType } from "./generated-streaming/snix_streaming_build.js";
import type { ProtoGrpcType } from "./generated/castore.js";

/** The generated types of the Tvix and Snix services, `DoBuild` unary in both. */
export type TvixTree = ProtoGrpcType;

/** The generated types of Snix's build service with its streaming `DoBuild`. */
export type SnixStreamingBuildTree = StreamingGrpcType;

const directory = new URL("../proto/", import.meta.url);
const tvix = createProtoSource<TvixTree>(directory, "causeway/castore.proto");
const streamingBuild = createProtoSource<SnixStreamingBuildTree>(directory, "causeway/snix_streaming_build.proto");

/**
 * The castore, store and build services of Tvix (`tvix.*.v1`, answers DoBuild with `Build`) and Snix (`snix.*.v1`, answers it with
 * `BuildResponse`), and the chunk and blob stores of newer Snix. Loaded with the first call, once for the process.
 */
export function loadTvix(): Promise<LoadedProtos<TvixTree>> {
  return tvix.load();
}

/**
 * `snix.build.v1.BuildService` as newer Snix has it: DoBuild answers with a stream of `BuildUpdate`. Its path is that of the unary method, so
 * one server can offer only one of them.
 */
export function loadSnixStreamingBuild(): Promise<LoadedProtos<SnixStreamingBuildTree>> {
  return streamingBuild.load();
}

/** The descriptors of what {@link loadTvix} loads, for server reflection. */
export function describeTvix(): Promise<readonly FileDescriptor[]> {
  return tvix.describe();
}

/** The descriptors of what {@link loadSnixStreamingBuild} loads, for server reflection. */
export function describeSnixStreamingBuild(): Promise<readonly FileDescriptor[]> {
  return streamingBuild.describe();
}
