import type { MethodDefinition } from "@grpc/proto-loader";
import { loadReapi } from "@causeway/reapi-protos";
import type { Method, MethodKind } from "./rpc.js";

/** Every RPC of the services that this house speaks, by service. Messages are the generated types of `@causeway/reapi-protos`. */
export type ProtoMethods = Awaited<ReturnType<typeof makeMethods>>;

let methods: Promise<ProtoMethods> | undefined;

/** Reads the `.proto` files with the first call, once for the process. */
export function protoMethods(): Promise<ProtoMethods> {
  return (methods ??= makeMethods());
}

async function makeMethods() {
  const { get } = await loadReapi();
  const capabilities = get("build.bazel.remote.execution.v2.Capabilities");
  const cas = get("build.bazel.remote.execution.v2.ContentAddressableStorage");
  const actionCache = get("build.bazel.remote.execution.v2.ActionCache");
  const execution = get("build.bazel.remote.execution.v2.Execution");
  const operations = get("google.longrunning.Operations");
  const byteStream = get("google.bytestream.ByteStream");
  const fetch = get("build.bazel.remote.asset.v1.Fetch");
  const push = get("build.bazel.remote.asset.v1.Push");
  const logStream = get("build.bazel.remote.logstream.v1.LogStreamService");
  const health = get("grpc.health.v1.Health");
  const reflection = get("grpc.reflection.v1.ServerReflection");
  const reflectionAlpha = get("grpc.reflection.v1alpha.ServerReflection");
  return {
    capabilities: { getCapabilities: methodOf("unary", capabilities.GetCapabilities) },
    cas: {
      findMissingBlobs: methodOf("unary", cas.FindMissingBlobs),
      batchUpdateBlobs: methodOf("unary", cas.BatchUpdateBlobs),
      batchReadBlobs: methodOf("unary", cas.BatchReadBlobs),
      getTree: methodOf("server-stream", cas.GetTree),
      splitBlob: methodOf("unary", cas.SplitBlob),
      spliceBlob: methodOf("unary", cas.SpliceBlob),
    },
    actionCache: {
      getActionResult: methodOf("unary", actionCache.GetActionResult),
      updateActionResult: methodOf("unary", actionCache.UpdateActionResult),
    },
    execution: {
      execute: methodOf("server-stream", execution.Execute),
      waitExecution: methodOf("server-stream", execution.WaitExecution),
    },
    operations: {
      getOperation: methodOf("unary", operations.GetOperation),
      listOperations: methodOf("unary", operations.ListOperations),
      cancelOperation: methodOf("unary", operations.CancelOperation),
      deleteOperation: methodOf("unary", operations.DeleteOperation),
      waitOperation: methodOf("unary", operations.WaitOperation),
    },
    byteStream: {
      read: methodOf("server-stream", byteStream.Read),
      write: methodOf("client-stream", byteStream.Write),
      queryWriteStatus: methodOf("unary", byteStream.QueryWriteStatus),
    },
    fetch: {
      fetchBlob: methodOf("unary", fetch.FetchBlob),
      fetchDirectory: methodOf("unary", fetch.FetchDirectory),
    },
    push: {
      pushBlob: methodOf("unary", push.PushBlob),
      pushDirectory: methodOf("unary", push.PushDirectory),
    },
    logStream: { createLogStream: methodOf("unary", logStream.CreateLogStream) },
    health: {
      list: methodOf("unary", health.List),
      check: methodOf("unary", health.Check),
      watch: methodOf("server-stream", health.Watch),
    },
    reflection: { serverReflectionInfo: methodOf("bidirectional", reflection.ServerReflectionInfo) },
    reflectionAlpha: { serverReflectionInfo: methodOf("bidirectional", reflectionAlpha.ServerReflectionInfo) },
  };
}

/** The types do not say which side streams: the kind given is compared with the definition. */
function methodOf<ReqIn, ResIn, ReqOut, ResOut, Kind extends MethodKind>(
  kind: Kind,
  definition: MethodDefinition<ReqIn, ResIn, ReqOut, ResOut>,
): Method<ReqIn, ReqOut, ResIn, ResOut, Kind> {
  const { requestStream, responseStream } = definition;
  const found = requestStream
    ? responseStream
      ? "bidirectional"
      : "client-stream"
    : responseStream
      ? "server-stream"
      : "unary";
  if (found !== kind) throw new TypeError(`${definition.path} is ${found}, not ${kind}`);
  return {
    kind,
    path: definition.path,
    request: { encode: definition.requestSerialize, decode: definition.requestDeserialize },
    response: { encode: definition.responseSerialize, decode: definition.responseDeserialize },
  };
}
