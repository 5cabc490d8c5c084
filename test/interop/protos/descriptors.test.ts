import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describeReapi } from "@causeway/reapi-protos";
import { describeTvix } from "@causeway/tvix-protos";
import { describe, expect, it } from "vitest";
import { changedInSnix, lackedByBuildGrid, leftOutOfLongrunning, unexplained } from "./expected-differences.js";
import { fromGoSource, fromPythonSource } from "./raw-descriptor.js";
import { goModule, pythonWheel, readSource } from "./upstream-sources.js";
import { differences, wireTable, type WireTable } from "./wire-table.js";

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** The Go packages that carry the descriptors of our files, pinned: module, version, and for each of our files the generated source. */
const goModules: readonly {
  readonly at: string;
  readonly files: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
}[] = [
  {
    at: "github.com/bazelbuild/remote-apis@v0.0.0-20260908115904-76ddd98e1f92",
    files: {
      "build/bazel/remote/execution/v2/remote_execution.proto":
        "build/bazel/remote/execution/v2/remote_execution.pb.go",
      "build/bazel/remote/asset/v1/remote_asset.proto": "build/bazel/remote/asset/v1/remote_asset.pb.go",
      "build/bazel/remote/logstream/v1/remote_logstream.proto":
        "build/bazel/remote/logstream/v1/remote_logstream.pb.go",
      "build/bazel/semver/semver.proto": "build/bazel/semver/semver.pb.go",
    },
    expected: [],
  },
  {
    at: "google.golang.org/genproto/googleapis/rpc@v0.0.0-20261110000943-09e21b237f2c",
    files: {
      "google/rpc/status.proto": "status/status.pb.go",
      "google/rpc/code.proto": "code/code.pb.go",
      "google/rpc/error_details.proto": "errdetails/error_details.pb.go",
    },
    expected: [],
  },
  {
    at: "google.golang.org/genproto/googleapis/bytestream@v0.0.0-20261104224025-d1e00e9f33ab",
    files: { "google/bytestream/bytestream.proto": "bytestream.pb.go" },
    expected: [],
  },
  {
    at: "cloud.google.com/go/longrunning@v1.5.0",
    files: { "google/longrunning/operations.proto": "autogen/longrunningpb/operations.pb.go" },
    expected: leftOutOfLongrunning,
  },
  {
    at: "google.golang.org/grpc@v1.85.0",
    files: {
      "grpc/health/v1/health.proto": "health/grpc_health_v1/health.pb.go",
      "grpc/reflection/v1/reflection.proto": "reflection/grpc_reflection_v1/reflection.pb.go",
      "grpc/reflection/v1alpha/reflection.proto": "reflection/grpc_reflection_v1alpha/reflection.pb.go",
    },
    expected: [],
  },
];

async function ourTable(
  files: readonly string[],
  options: { describe?: typeof describeReapi; jsonNames: boolean },
): Promise<WireTable> {
  const described = await (options.describe ?? describeReapi)();
  const encoded = files.map((name) => {
    const file = described.find((candidate) => candidate.name === name);
    if (file === undefined) throw new Error(`no file of ours is called ${name}`);
    return file.encoded;
  });
  return wireTable(encoded, options.jsonNames);
}

describe("our REAPI descriptors and those in Go modules", () => {
  it.each(goModules)(
    "agree in all of $at but what is listed",
    async ({ at, files, expected }) => {
      const directory = goModule(at);
      const sources = Object.values(files).map((file) => fromGoSource(readSource(directory, file)));
      const theirs = wireTable(sources, true);
      expect(theirs.size).toBeGreaterThan(0);
      const found = differences(await ourTable(Object.keys(files), { jsonNames: true }), theirs);
      expect(unexplained(found, expected)).toEqual([]);
    },
    DOWNLOAD_TIMEOUT_MS,
  );

  it("leave out no file of ours", async () => {
    const compared = goModules.flatMap(({ files }) => Object.keys(files));
    const described = await describeReapi();
    const own = described.map((file) => file.name).filter((name) => !name.startsWith("google/protobuf/"));
    expect(own.sort()).toEqual(compared.sort());
  });
});

describe("our REAPI descriptors and BuildGrid's", () => {
  it(
    "agree but for what its older copies lack",
    async () => {
      const directory = pythonWheel("buildgrid", "0.4.4");
      const files = [
        "build/bazel/remote/execution/v2/remote_execution",
        "build/bazel/remote/asset/v1/remote_asset",
        "build/bazel/remote/logstream/v1/remote_logstream",
        "build/bazel/semver/semver",
        "google/bytestream/bytestream",
        "google/longrunning/operations",
        "google/rpc/code",
        "google/rpc/error_details",
        "google/rpc/status",
      ];
      const sources = files.map((file) => fromPythonSource(readSource(directory, `buildgrid/_protos/${file}_pb2.py`)));
      const ours = await ourTable(
        files.map((file) => `${file}.proto`),
        { jsonNames: false },
      );
      expect(unexplained(differences(ours, wireTable(sources, false)), lackedByBuildGrid)).toEqual([]);
    },
    DOWNLOAD_TIMEOUT_MS,
  );
});

// No package registry carries the Go code of Tvix or Snix, so its descriptors were listed once (fixtures/README.md).
const checkouts = { tvix: process.env["CAUSEWAY_TVIX_CHECKOUT"], snix: process.env["CAUSEWAY_SNIX_CHECKOUT"] };

describe.each(["tvix", "snix"] as const)("our %s descriptors and those of its Go code", (dialect) => {
  const fixture = path.join(import.meta.dirname, "fixtures", `${dialect}.txt`);
  const checkout = checkouts[dialect];

  it.runIf(checkout !== undefined && existsSync(checkout))("are listed as they stand in the checkout", async () => {
    const sources = globSync("**/{castore,store,build}-go/*.pb.go", { cwd: checkout ?? "" })
      .filter((file) => !file.endsWith("_grpc.pb.go"))
      .sort()
      .map((file) => fromGoSource(readSource(checkout ?? "", file)));
    await expect(format(wireTable(sources, true))).toMatchFileSnapshot(fixture);
  });

  it("agree but for what is listed", async () => {
    const described = await describeTvix();
    const files = described.map((file) => file.name).filter((name) => name.startsWith(`${dialect}/`));
    const ours = await ourTable(files, { describe: describeTvix, jsonNames: true });
    const theirs = parse(readFileSync(fixture, "utf8"));
    expect(theirs.size).toBeGreaterThan(80);
    expect(unexplained(differences(ours, theirs), dialect === "snix" ? changedInSnix : [])).toEqual([]);
  });
});

function format(table: WireTable): string {
  return Array.from(table, ([name, line]) => `${name}\t${line}\n`).join("");
}

function parse(text: string): WireTable {
  return new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t") as [string, string]),
  );
}
