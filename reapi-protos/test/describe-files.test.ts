import { loadFileDescriptorSetFromObject, type ServiceDefinition } from "@grpc/proto-loader";
import descriptor, { type IFileDescriptorProto } from "protobufjs/ext/descriptor/index.js";
import { describe, expect, it } from "vitest";
import { describeReapi, loadReapi } from "#src/index.js";

describe("describeReapi", () => {
  it("names files by their import paths, each after those it depends on", async () => {
    const files = await describeReapi();
    const seen = new Set<string>();
    for (const file of files) {
      expect(file.dependencies.filter((name) => !seen.has(name))).toEqual([]);
      seen.add(file.name);
    }
    expect([...seen]).toContain("build/bazel/remote/execution/v2/remote_execution.proto");
    expect([...seen]).toContain("google/protobuf/any.proto");
    expect([...seen]).not.toContain("causeway/reapi.proto");
  });

  it("lists every symbol once, under the one file that defines it", async () => {
    const symbols = (await describeReapi()).flatMap((file) => file.symbols);
    expect(new Set(symbols).size).toBe(symbols.length);
    expect(symbols).toEqual(
      expect.arrayContaining([
        "build.bazel.remote.execution.v2.Execution",
        "build.bazel.remote.execution.v2.Execution.Execute",
        "build.bazel.remote.execution.v2.Command.EnvironmentVariable",
        "build.bazel.remote.execution.v2.DigestFunction.Value",
        "build.bazel.remote.execution.v2.DigestFunction.BLAKE3",
        "build.bazel.remote.execution.v2.Digest.size_bytes",
      ]),
    );
  });

  it("keeps field names as written and gives their JSON names", async () => {
    const file = (await describeReapi()).find(({ name }) => name.endsWith("remote_execution.proto"));
    const capabilities = file?.descriptor.messageType?.find(({ name }) => name === "CacheCapabilities");
    const field = capabilities?.field?.find(({ number }) => number === 11);
    expect(field).toMatchObject({
      name: "fast_cdc_2020_params",
      jsonName: "fastCdc2020Params",
      typeName: ".build.bazel.remote.execution.v2.FastCdc2020Params",
    });
  });

  it("describes what loads to the same services again", async () => {
    const file = (await describeReapi()).map(
      ({ encoded }) => descriptor.FileDescriptorProto.decode(encoded) as IFileDescriptorProto,
    );
    const again = loadFileDescriptorSetFromObject({ file });
    const { packageDefinition } = await loadReapi();
    const services = Object.keys(packageDefinition).filter((name) => !("format" in packageDefinition[name]!));
    expect(services.length).toBe(12);
    for (const name of services) {
      const methods = Object.values(packageDefinition[name] as ServiceDefinition).map(summary);
      expect(Object.values(again[name] as ServiceDefinition).map(summary)).toEqual(methods);
    }
  });
});

function summary(method: ServiceDefinition[string]): string {
  return `${method.path} ${String(method.requestStream)} ${String(method.responseStream)}`;
}
