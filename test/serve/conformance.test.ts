import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CaseResult } from "@causeway/bridge/conformance";
import { createServerHome, type ServerHome } from "./start-server.ts";

let home: ServerHome;
beforeEach(async () => {
  home = await createServerHome();
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

const SUITE_MS = 120_000;

describe("causeway conformance", () => {
  it.each(["sha256", "blake3"])(
    "finds nothing wrong with causeway serve (%s)",
    async (digest) => {
      const { grpc } = await home.start().ready();
      const { exit, stdout } = await home.run([
        "conformance",
        `${grpc}/several/segments`,
        "--digest",
        digest,
        "--json",
      ]);
      const { results } = JSON.parse(stdout) as { readonly results: readonly CaseResult[] };
      expect(results.filter(({ verdict }) => verdict === "fail" || verdict === "warn")).toEqual([]);
      // SHA-256 has no segment in resource names, so that cases about that have nothing to see.
      expect(results.filter(({ verdict }) => verdict === "skip").length).toBeLessThan(2);
      expect(results.length).toBeGreaterThan(100);
      expect(exit).toBe(0);
    },
    SUITE_MS,
  );

  it("prints a line for each case below its group, and a summary", async () => {
    const { grpc } = await home.start().ready();
    const { exit, stdout, stderr } = await home.run([
      "conformance",
      grpc,
      "--only",
      "find-missing/empty",
      "--only",
      "get-tree/root",
    ]);
    expect(stdout).toBe(
      "find-missing\n  ✓ empty-blob\n\nget-tree\n  ✓ root-absent\n\n2 passed, 0 failed, 0 warnings, 0 skipped (sha256)\n",
    );
    expect([exit, stderr]).toEqual([0, ""]);
  });

  it("says 1 for a server that breaks a rule, and which", async () => {
    const { grpc } = await home.start({ config: "limits: { blobBytes: 1000 }" }).ready();
    const { exit, stdout } = await home.run(["conformance", grpc, "--only", "byte-stream/round-trip"]);
    expect(exit).toBe(1);
    expect(stdout).toContain("✗ round-trip\n      rule (must): what is written can be read");
  });

  it("prints its cases without a server", async () => {
    const { exit, stdout } = await home.run(["conformance", "--list"]);
    expect(stdout).toMatch(/^find-missing\/empty-blob \(must\): /m);
    expect(exit).toBe(0);
  });

  it.each([
    [["grpc://127.0.0.1:1"], "127.0.0.1:1"],
    [["grpc://127.0.0.1:1", "--only", "no/such"], "no case is called 'no/such'; --list prints their names"],
    [["grpc://127.0.0.1:1", "--header", "x"], "--header 'x' is not of the form name=value"],
    [["grpc://127.0.0.1:1", "--timeout", "soon"], "--timeout 'soon' is not a number of seconds"],
    [["grpc://127.0.0.1:1", "--ca", "/nowhere"], "/nowhere"],
    [[], "name a server"],
  ])("says 2 when it could not ask: %j", async (words, text) => {
    const { exit, stderr } = await home.run(["conformance", ...words]);
    expect(stderr).toContain(text);
    expect(exit).toBe(2);
  });
});
