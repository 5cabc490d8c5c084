import { check, checkEqual } from "../check.js";
import type { ConformanceCase } from "../conformance-case.js";

const SOURCE = "Capabilities.GetCapabilities";

export const capabilitiesCases: readonly ConformanceCase[] = [
  {
    name: "capabilities/versions",
    requirement: "must",
    rule: "the lowest and the highest supported API version are named, and version 2 is between them",
    source: SOURCE,
    async run({ capabilities: { lowApiVersion, highApiVersion } }) {
      check(
        lowApiVersion !== undefined && highApiVersion !== undefined,
        "low_api_version or high_api_version is absent",
      );
      checkEqual("major of high_api_version", highApiVersion.major, 2);
      check((lowApiVersion.major ?? 0) <= 2, `low_api_version has major ${String(lowApiVersion.major)}`);
    },
  },
  {
    name: "capabilities/digest-function-listed",
    requirement: "must",
    rule: "the digest functions of the cache are listed",
    source: "CacheCapabilities.digest_functions",
    async run({ capabilities, digestFunction }) {
      const listed = capabilities.cacheCapabilities?.digestFunctions ?? [];
      check(listed.includes(digestFunction), `${digestFunction} is not among ${listed.join(", ") || "none"}`);
    },
  },
  {
    name: "capabilities/execution-functions",
    requirement: "must",
    rule: "the digest functions of execution contain the one in the older field, which names one",
    source: "ExecutionCapabilities.digest_functions",
    unless: (subject) => (subject.canExecute ? undefined : "no execution"),
    async run({ capabilities: { executionCapabilities } }) {
      const { digestFunction, digestFunctions } = executionCapabilities!;
      check(digestFunction !== undefined && digestFunction !== "UNKNOWN", "digest_function is UNKNOWN");
      check(
        digestFunctions.length === 0 || digestFunctions.includes(digestFunction),
        `${digestFunction} is not among ${digestFunctions.join(", ")}`,
      );
    },
  },
  {
    name: "capabilities/metadata-header-ignored",
    requirement: "must",
    rule: "a RequestMetadata header is optional information: garbage in it does not fail a call",
    source: "RequestMetadata",
    async run({ channel, methods, instanceName }) {
      const name = "build.bazel.remote.execution.v2.requestmetadata-bin";
      for (const value of [Buffer.from("0a0e0a0563617365770a04312e30", "hex"), Buffer.from([0xff, 0xff, 0xff])])
        await channel.unary(methods.capabilities.getCapabilities, { instanceName }, { headers: { [name]: value } });
    },
  },
];
