import { Code, hasCode } from "../../status/index.js";
import { check, checkEqual, checkFails } from "../check.js";
import { Skip, type ConformanceCase } from "../conformance-case.js";

/** What servers offer beside REAPI itself. */
export const serviceCases: readonly ConformanceCase[] = [
  {
    name: "services/health",
    requirement: "customary",
    rule: "the gRPC health service says that the server serves",
    source: "grpc.health.v1.Health",
    async run({ channel, methods }) {
      checkEqual("status", (await channel.unary(methods.health.check, {})).status, "SERVING");
    },
  },
  {
    name: "services/operation-unknown",
    requirement: "customary",
    rule: "an operation that nobody knows is NOT_FOUND",
    source: "google.longrunning.Operations.GetOperation",
    unless: (subject) => (subject.canExecute ? undefined : "no execution"),
    async run(subject) {
      const name = `operations/${subject.uuid()}`;
      const call = subject.channel.unary(subject.methods.operations.getOperation, { name }).catch((reason: unknown) => {
        if (hasCode(reason, Code.Unimplemented)) throw new Skip("Operations are not implemented");
        throw reason;
      });
      await checkFails("GetOperation", call, Code.NotFound, Code.InvalidArgument);
    },
  },
  {
    name: "services/unknown-method",
    requirement: "must",
    rule: "a method that does not exist is UNIMPLEMENTED",
    source: "gRPC, status codes",
    async run({ channel, methods }) {
      const method = {
        ...methods.capabilities.getCapabilities,
        path: "/build.bazel.remote.execution.v2.Capabilities/NoSuchMethod",
      };
      await checkFails("an unknown method", channel.unary(method, {}), Code.Unimplemented);
    },
  },
  {
    name: "services/malformed-request",
    requirement: "customary",
    rule: "bytes that are no message fail the call, and the connection goes on",
    source: "gRPC, status codes",
    async run(subject) {
      const { findMissingBlobs } = subject.methods.cas;
      const raw = {
        ...findMissingBlobs,
        request: { ...findMissingBlobs.request, encode: () => Buffer.from([0xff, 0xff, 0xff]) },
      };
      const call = subject.channel.unary(raw, {});
      await checkFails("garbage", call, Code.InvalidArgument, Code.Internal, Code.Unknown, Code.Unimplemented);
      check((await subject.missing()).length === 0, "the next call failed");
    },
  },
];
