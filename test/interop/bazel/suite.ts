import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../peers/start-peer.ts";
import { openWorkspace, type Bazel, type Built, type Workspace } from "./open-workspace.ts";
import { createServerHomeIn } from "../peers/start-causeway.ts";

/** Getting Bazel may mean downloading a few hundred MiB. */
const PREPARE_MS = 1_500_000;
const TIMEOUT_MS = 300_000;
const EVERYTHING = ["//:everything"];
/** Fewer would mean that the workspace lost its actions. */
const ACTIONS_MIN = 50;

/** What a client can be asked to do besides the usual. */
export interface Variant {
  readonly name: string;
  readonly startup?: readonly string[];
  readonly flags?: readonly string[];
  /** Whether blobs have to travel compressed, which Bazel gives up without a word. */
  readonly compressed?: boolean;
}

/** Shows that Bazel builds, and finds again, over `causeway serve`. */
export function describeBazel(name: string, get: () => Promise<Bazel>, variants: readonly Variant[]): void {
  describe(name, () => {
    const opened = new AsyncDisposableStack();
    let bazel: Bazel;
    let server: { grpc: string; http: string };
    let local: Record<string, string>;

    beforeAll(async () => {
      bazel = await get();
      const home = opened.use(await createServerHomeIn(bazel.root));
      server = await home.start().ready();
      await using workspace = await openWorkspace(bazel);
      succeeded(await workspace.build(EVERYTHING, ["--spawn_strategy=local", "--genrule_strategy=local"]));
      local = await workspace.outputs();
    }, PREPARE_MS);
    afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

    it("finds a tree with links and programs in what it builds itself", () => {
      expect(local["tree/to-file"]).toBe("link to d1/f1");
      expect(local["tree/deep/er/program"]).toMatch(/^executable /);
    });

    describe.each(variants)("$name", ({ startup = [], flags = [], compressed = false }) => {
      let workspace: Workspace;
      const opened = new AsyncDisposableStack();
      beforeAll(async () => {
        workspace = opened.use(await openWorkspace(bazel, startup));
      }, TIMEOUT_MS);
      afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

      it("executes remotely, then finds every result", { timeout: TIMEOUT_MS }, async () => {
        const first = succeeded(await workspace.build(EVERYTHING, [...executing(server.grpc), ...flags]));
        expect(Object.keys(first.processes)).toEqual(["remote"]);
        expect(first.processes["remote"]).toBeGreaterThanOrEqual(ACTIONS_MIN);
        expect(await workspace.outputs()).toEqual(local);

        await workspace.clean();
        const second = succeeded(await workspace.build(EVERYTHING, [...executing(server.grpc), ...flags]));
        expect(second.processes).toEqual({ "remote cache hit": first.processes["remote"] });
        expect(await workspace.outputs()).toEqual(local);
      });

      it.runIf(compressed)("has had blobs sent compressed", async () => {
        const metrics = await (await fetch(`${server.http}/metrics`)).text();
        const sent = /^causeway_transferred_bytes_total\{direction="sent",compressor="zstd"\} (\d+)/m.exec(
          metrics,
        )?.[1];
        expect(Number(sent)).toBeGreaterThan(100_000);
      });

      it("says what a failing action said", { timeout: TIMEOUT_MS }, async () => {
        const failed = await workspace.build(["//:fails"], [...executing(server.grpc), ...flags]);
        expect(failed.exit).toBe(1);
        expect(failed.said).toContain("said before failing");
        expect(failed.said).toMatch(/Exit 7|exit code 7|error executing .*7/i);
      });

      it("builds without the bytes", { timeout: TIMEOUT_MS }, async () => {
        const remote = [...executing(server.grpc), ...flags, "--remote_download_minimal"];
        await workspace.clean();
        succeeded(await workspace.build(["//:plain"], remote));
        expect(await workspace.output("big.bin")).toBeUndefined();
        const late = succeeded(await workspace.build(["//:late"], remote));
        expect(late.processes).toEqual({ remote: 1 });
        expect(await workspace.output("late.txt")).toBeUndefined();
      });
    });

    it("uses it as a cache over gRPC and over HTTP", { timeout: TIMEOUT_MS }, async () => {
      for (const address of [server.grpc, server.http]) {
        await using workspace = await openWorkspace(bazel);
        // A result that execution left must not be taken: the cache is to be filled by this client.
        const caching = [`--remote_cache=${address}`, "--spawn_strategy=local", "--genrule_strategy=local"];
        const own = [`--remote_default_exec_properties=filled-by=${new URL(address).protocol}`, ...caching];
        const first = succeeded(await workspace.build(EVERYTHING, own));
        expect(Object.keys(first.processes)).toEqual(["local"]);
        await workspace.clean();
        const second = succeeded(await workspace.build(EVERYTHING, own));
        expect(second.processes).toEqual({ "remote cache hit": first.processes["local"] });
        expect(await workspace.outputs()).toEqual(local);
      }
    });

    it("goes on when the server has lost what it had", { timeout: TIMEOUT_MS }, async () => {
      const [port = 0] = await freePorts(1);
      const words = ["--listen", `127.0.0.1:${port}`, "--http", "127.0.0.1:0"];
      await using workspace = await openWorkspace(bazel);
      // Only Bazel 7 can make again what it never downloaded; Bazel 4 has it on its disk, and must be asked for it.
      const flags = bazel.version.startsWith("7.")
        ? ["--remote_download_minimal", "--experimental_remote_cache_eviction_retries=3"]
        : [];
      {
        await using before = await createServerHomeIn(bazel.root);
        const { grpc } = await before.start({ words }).ready();
        succeeded(await workspace.build(["//:big"], [...executing(grpc), ...flags]));
      }
      await using after = await createServerHomeIn(bazel.root);
      const { grpc } = await after.start({ words }).ready();
      const late = succeeded(await workspace.build(["//:late"], [...executing(grpc), ...flags]));
      expect(late.processes["remote"]).toBeGreaterThanOrEqual(1);
      expect(late.processes["local"]).toBeUndefined();
    });
  });
}

function executing(address: string): string[] {
  return [
    `--remote_executor=${address}`,
    "--spawn_strategy=remote",
    "--genrule_strategy=remote",
    "--noremote_local_fallback",
    "--remote_timeout=60",
    "--remote_default_exec_properties=OSFamily=linux",
  ];
}

/** A build that went well, without any of the ways in which Bazel goes on alone. */
function succeeded(built: Built): Built {
  if (built.exit !== 0) throw new Error(`Bazel ended with ${built.exit}:\n${built.said.slice(-6000)}`);
  expect(built.said).not.toMatch(/falling back|fallback|Remote Cache:|remote cache.*(disabled|failed)/i);
  return built;
}
