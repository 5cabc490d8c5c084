import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyReport } from "#src/cluster/apply-report.js";
import { HELPER_VERSION } from "#src/coordinator/index.js";
import { digestBytes } from "#src/digest/index.js";
import type { ExecuteResponse } from "#src/execution/index.js";
import { decodeOutputNotes, type ActionResult, type ByteString } from "#src/formats/index.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, narOf, type Store } from "#src/store/index.js";
import { storeTree, type TreeLiteral } from "../support/make-result.js";

// The helper's report and what came with it have to fit together.

const URL = "grpc://there:1";
const OUTPUT = "/nix/store/x" as ByteString;
const HASH = "a".repeat(64);

let store: Store;
beforeEach(() => {
  store = createMemoryStore();
});
afterEach(() => store[Symbol.asyncDispose]());

const report = (...lines: readonly string[]): string =>
  [`causeway-report ${HELPER_VERSION}`, ...lines, "end", ""].join("\n");

/** @param files what the helper put into its folder; without them it put nothing. */
async function apply(
  files: Readonly<Record<string, TreeLiteral>> | undefined,
  result: Partial<ActionResult> = {},
): Promise<ExecuteResponse> {
  const outputDirectories = [];
  if (files !== undefined) {
    const node = await storeTree(store, new Map(Object.entries(files)));
    if (node.type !== "directory") throw new Error("no directory");
    const rootDirectoryDigest = await store.trees.toReapi(node.digest, "sha256");
    outputDirectories.push({ path: "out" as ByteString, rootDirectoryDigest });
  }
  const call = { outputs: [OUTPUT], reportPath: "out" as ByteString };
  const { signal } = new AbortController();
  return applyReport(
    { url: URL, store, call, fn: "sha256", signal },
    {
      cachedResult: false,
      result: { outputFiles: [], outputSymlinks: [], exitCode: 0, ...result, outputDirectories },
    },
  );
}

const file = {
  outputFiles: [
    { path: "nix/store/x" as ByteString, digest: digestBytes("sha256", Buffer.from("x")), isExecutable: false },
  ],
};

describe("a result and the helper's report", () => {
  it.each<[string, Readonly<Record<string, TreeLiteral>> | undefined, Partial<ActionResult>, RegExp]>([
    ["no report of a success", undefined, {}, /without the report that goes with it/],
    ["a folder without a report", {}, {}, /without the report that goes with it/],
    ["a report that is a directory", { report: new Map() }, {}, /without the report that goes with it/],
    ["a report of another version", { report: "causeway-report 0\nbuilder exited 0\nend\n" }, {}, /malformed/],
    ["a report that is cut", { report: report("builder exited 0").slice(0, -5) }, {}, /malformed/],
    ["an output twice", { report: report("builder exited 0", "output 0 absent", "output 0 absent") }, {}, /malformed/],
    ["a hash that is none", { report: report("builder exited 0", "output 0 whole xyz 1") }, {}, /malformed/],
    ["a negative size", { report: report("builder exited 0", `output 0 whole ${HASH} -1`) }, {}, /malformed/],
    ["a report of a megabyte", { report: "x".repeat((1 << 20) + 1) }, {}, /report is too large/],
    [
      "an output that did not come",
      { report: report("builder exited 0", `output 0 whole ${HASH} 1`) },
      {},
      /did not come/,
    ],
    [
      "an archive that did not come",
      { report: report("builder exited 0", `output 0 packed ${HASH} 1`) },
      {},
      /did not come whole/,
    ],
    [
      "an archive of another size",
      { report: report("builder exited 0", `output 0 packed ${HASH} 1`), 0: "some bytes" },
      {},
      /did not come whole/,
    ],
    [
      "an archive that is none",
      { report: report("builder exited 0", `output 0 packed ${HASH} 10`), 0: "some bytes" },
      {},
      /archive of output 0 is malformed/,
    ],
  ])("%s: refused", async (_, files, result, says) => {
    await expect(apply(files, result)).rejects.toMatchObject({
      code: Code.DataLoss,
      message: expect.stringMatching(says) as unknown,
    });
  });

  it("an archive other than the one that was made: refused", async () => {
    const node = await storeTree(store, "contents");
    const pieces: Buffer[] = [];
    for await (const piece of narOf(store, node)) pieces.push(Buffer.from(piece));
    const archive = Buffer.concat(pieces).toString("latin1");
    const line = `output 0 packed ${HASH} ${String(archive.length)}`;
    await expect(apply({ report: report("builder exited 0", line), 0: archive })).rejects.toMatchObject({
      code: Code.DataLoss,
      message: expect.stringMatching(/cluster grpc:\/\/there:1 .*not the one that was made/) as unknown,
    });
  });

  it("a helper that did not run: told as what the cluster lacks, with what it said", async () => {
    const stdoutRaw = Buffer.from("first\nexec format error\n");
    await expect(apply(undefined, { exitCode: 126, stdoutRaw })).rejects.toMatchObject({
      code: Code.FailedPrecondition,
      message: `cluster ${URL} did not run the builder: the action ended with exit code 126, and said: exec format error`,
    });
  });

  it("an output as it was made: noted with its hash, to be compared when it is registered", async () => {
    const { result } = await apply({ report: report("builder exited 0", `output 0 whole ${HASH} 1`) }, file);
    expect(result?.outputFiles).toMatchObject([{ path: "nix/store/x" }]);
    const notes = decodeOutputNotes(result!.metadata!.auxiliary![0]!);
    expect(notes.get("nix/store/x")).toMatchObject({ narHash: HASH, carrier: `cluster ${URL}` });
  });

  it("a builder that failed: its exit code and nothing else, whatever the cluster says", async () => {
    const { result, signal } = await apply({ report: report("builder signalled 9") }, file);
    expect([result?.exitCode, signal, result?.outputFiles]).toEqual([137, 9, []]);
  });
});
