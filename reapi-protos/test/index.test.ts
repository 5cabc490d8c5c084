import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  loadPackageDefinition,
  Server,
  credentials,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { loadReapi, type ReapiTree } from "#src/index.js";
import type { HealthCheckRequest__Output } from "#src/generated/grpc/health/v1/HealthCheckRequest.js";
import type { HealthCheckResponse } from "#src/generated/grpc/health/v1/HealthCheckResponse.js";

const V2 = "build.bazel.remote.execution.v2";
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("loadReapi", () => {
  it("loads once", async () => {
    expect(await loadReapi()).toBe(await loadReapi());
  });

  it("says which name is not defined", async () => {
    const { get } = await loadReapi();
    expect(() => get("google.rpc.Statue")).toThrow(new TypeError("causeway/reapi.proto defines no google.rpc.Statue"));
  });

  it("leaves protobufjs alone until it is called", () => {
    const script = `
      import { createRequire } from "node:module";
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("protobufjs"));
      const { loadReapi } = await import(${JSON.stringify(import.meta.resolve("#src/index.js"))});
      const before = loaded();
      await loadReapi();
      console.log(before, loaded());`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      encoding: "utf8",
    });
    expect(output).toBe("false true\n");
  });
});

describe("messages", () => {
  it("keep the canonical bytes of a Directory when decoded and encoded again", async () => {
    const directory = (await loadReapi()).get(`${V2}.Directory`);
    const canonical = "0a090a016112040a023030";
    const decoded = directory.deserialize(bytes(canonical));
    expect(decoded).toEqual({ files: [{ name: "a", digest: { hash: "00" } }], directories: [], symlinks: [] });
    expect(directory.serialize(decoded).toString("hex")).toBe(canonical);
  });

  it.each(["9007199254740993", "9223372036854775807", "-1"])("carry the int64 %s exactly", async (sizeBytes) => {
    const digest = (await loadReapi()).get(`${V2}.Digest`);
    expect(digest.deserialize(digest.serialize({ hash: "00", sizeBytes }))).toEqual({ hash: "00", sizeBytes });
  });

  it("write 2^53 + 1 as the varint it is", async () => {
    const digest = (await loadReapi()).get(`${V2}.Digest`);
    expect(digest.serialize({ sizeBytes: "9007199254740993" }).toString("hex")).toBe("108180808080808010");
  });

  it("carry uint64 parameters above 2^63 exactly", async () => {
    const params = (await loadReapi()).get(`${V2}.FastCdc2020Params`);
    const avgChunkSizeBytes = "18446744073709551615";
    expect(params.deserialize(params.serialize({ avgChunkSizeBytes }))).toEqual({ avgChunkSizeBytes });
  });

  it("write a zero that is set: canonical bytes need it left out", async () => {
    const digest = (await loadReapi()).get(`${V2}.Digest`);
    expect(digest.serialize({ hash: "", sizeBytes: "0" }).toString("hex")).toBe("0a001000");
    expect(digest.serialize({}).length).toBe(0);
  });

  it("name enumeration values, and keep the number of an unknown one", async () => {
    const request = (await loadReapi()).get(`${V2}.FindMissingBlobsRequest`);
    expect(request.deserialize(bytes("1809"))).toEqual({ blobDigests: [], digestFunction: "BLAKE3" });
    expect(request.deserialize(bytes("1863"))).toEqual({ blobDigests: [], digestFunction: 99 });
  });

  it("say which member of a oneof is set", async () => {
    const operation = (await loadReapi()).get("google.longrunning.Operation");
    const decoded = operation.deserialize(operation.serialize({ done: true, error: { code: 5 } }));
    expect(decoded).toEqual({ done: true, result: "error", error: { code: 5, details: [] } });
  });

  it("drop fields they do not know", async () => {
    const digest = (await loadReapi()).get(`${V2}.Digest`);
    expect(digest.deserialize(bytes("0a023030f80701"))).toEqual({ hash: "00" });
  });
});

describe("services", () => {
  it("stream where the protocol streams", async () => {
    const { packageDefinition } = await loadReapi();
    const kinds: Record<string, string> = {};
    for (const definition of Object.values(packageDefinition)) {
      if ("format" in definition) continue;
      for (const { path, requestStream, responseStream } of Object.values(definition as object) as {
        path: string;
        requestStream: boolean;
        responseStream: boolean;
      }[])
        if (requestStream || responseStream)
          kinds[path] = requestStream ? (responseStream ? "both" : "requests") : "answers";
    }
    expect(kinds).toEqual({
      [`/${V2}.Execution/Execute`]: "answers",
      [`/${V2}.Execution/WaitExecution`]: "answers",
      [`/${V2}.ContentAddressableStorage/GetTree`]: "answers",
      [`/${V2}.ContentAddressableStorage/GetChunkMapping`]: "answers",
      [`/${V2}.ContentAddressableStorage/RegisterChunkMapping`]: "requests",
      "/google.bytestream.ByteStream/Read": "answers",
      "/google.bytestream.ByteStream/Write": "requests",
      "/grpc.health.v1.Health/Watch": "answers",
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": "both",
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": "both",
    });
  });

  it("can be served and called through grpc-js", async () => {
    const reapi = await loadReapi();
    const server = new Server();
    server.addService(reapi.get("grpc.health.v1.Health"), {
      Check(
        call: ServerUnaryCall<HealthCheckRequest__Output, HealthCheckResponse>,
        answer: sendUnaryData<HealthCheckResponse>,
      ) {
        answer(null, { status: call.request.service === "known" ? "SERVING" : "SERVICE_UNKNOWN" });
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    const tree = loadPackageDefinition(reapi.packageDefinition) as unknown as ReapiTree;
    const client = new tree.grpc.health.v1.Health(`127.0.0.1:${port}`, credentials.createInsecure());
    try {
      const status = await new Promise((resolve, reject) => {
        client.check({ service: "known" }, (error, response) => {
          if (error) reject(error);
          else resolve(response?.status);
        });
      });
      expect(status).toBe("SERVING");
    } finally {
      client.close();
      server.forceShutdown();
    }
  });
});
