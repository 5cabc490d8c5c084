import { credentials, loadPackageDefinition, type Client } from "@grpc/grpc-js";
import { describeReapi, loadReapi, type ReapiTree } from "@causeway/reapi-protos";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  anyone,
  connect,
  createGrpcServer,
  createHealth,
  createHealthService,
  createReflectionService,
  protoMethods,
  type GrpcChannel,
  type GrpcServer,
  type Health,
  type ProtoMethods,
} from "#src/grpc/index.js";
import { Code } from "#src/status/index.js";

const SERVICES = ["build.bazel.remote.execution.v2.Capabilities", "grpc.health.v1.Health"];

let methods: ProtoMethods;
let health: Health;
let server: GrpcServer;
let channel: GrpcChannel;

beforeEach(async () => {
  methods = await protoMethods();
  health = createHealth();
  const files = await describeReapi();
  server = await createGrpcServer({
    services: [
      createHealthService({ methods, health, services: SERVICES }),
      createReflectionService({ methods, files, services: SERVICES }),
    ],
    listen: "127.0.0.1:0",
    callerOf: () => anyone,
  });
  channel = await connect(server.address);
});

afterEach(async () => {
  await channel[Symbol.asyncDispose]();
  await server.close(0);
});

describe("health", () => {
  it("is told for the server and each service", async () => {
    expect(await channel.unary(methods.health.check, {})).toMatchObject({ status: "NOT_SERVING" });
    health.setServing(true);
    expect(await channel.unary(methods.health.check, { service: SERVICES[0]! })).toMatchObject({ status: "SERVING" });
    await expect(channel.unary(methods.health.check, { service: "x" })).rejects.toMatchObject({ code: Code.NotFound });
    const { statuses } = await channel.unary(methods.health.list, {});
    expect(Object.keys(statuses ?? {})).toEqual(["", ...SERVICES]);
  });

  it("is told whenever it changes", async () => {
    const seen: unknown[] = [];
    for await (const { status } of channel.serverStream(methods.health.watch, {})) {
      seen.push(status);
      if (seen.length === 3) break;
      health.setServing(seen.length === 1);
    }
    expect(seen).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]);
    for await (const { status } of channel.serverStream(methods.health.watch, { service: "x" })) {
      expect(status).toBe("SERVICE_UNKNOWN");
      break;
    }
  });
});

describe.each(["v1", "v1alpha"] as const)("reflection %s", (version) => {
  async function ask(requests: readonly object[]): Promise<Record<string, unknown>[]> {
    const tree = loadPackageDefinition((await loadReapi()).packageDefinition) as unknown as ReapiTree;
    const client = new tree.grpc.reflection[version].ServerReflection(server.address, credentials.createInsecure());
    try {
      const call = client.serverReflectionInfo();
      for (const request of requests) call.write(request);
      call.end();
      const answers: Record<string, unknown>[] = [];
      for await (const answer of call as AsyncIterable<Record<string, unknown>>) answers.push(answer);
      return answers;
    } finally {
      (client as unknown as Client).close();
    }
  }

  it("lists what is served", async () => {
    const [answer] = await ask([{ listServices: "*" }]);
    expect(answer).toMatchObject({ listServicesResponse: { service: SERVICES.map((name) => ({ name })) } });
  });

  it("gives a file with all that it needs, by its name and by what is in it", async () => {
    const name = "build/bazel/remote/execution/v2/remote_execution.proto";
    const answers = await ask([
      { fileByFilename: name },
      { fileContainingSymbol: "google.bytestream.ByteStream.Read" },
    ]);
    const files = answers.map(
      (answer) => (answer["fileDescriptorResponse"] as { fileDescriptorProto: Buffer[] }).fileDescriptorProto,
    );
    // The file asked for comes first; field 1 of a FileDescriptorProto is its name.
    expect(files[0]![0]!.subarray(2, 2 + name.length).toString()).toBe(name);
    expect(files[0]!.length).toBeGreaterThan(5);
    expect(files[1]![0]!.toString("latin1")).toContain("google/bytestream/bytestream.proto");
  });

  it("says what it does not have", async () => {
    const answers = await ask([
      { fileByFilename: "x" },
      { fileContainingSymbol: "y" },
      { allExtensionNumbersOfType: "z" },
    ]);
    expect(answers.map((answer) => (answer["errorResponse"] as { errorCode: number }).errorCode)).toEqual([
      Code.NotFound,
      Code.NotFound,
      Code.Unimplemented,
    ]);
  });
});
