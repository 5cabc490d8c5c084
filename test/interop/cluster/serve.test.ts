import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";
import { probed, probeOf } from "./probe-suite.ts";

const TIMEOUT_MS = 120_000;

describe("causeway build --remote on causeway serve", { timeout: TIMEOUT_MS }, () => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  let url: string;
  beforeAll(async () => {
    const home = opened.use(await createServerHome());
    const { grpc } = await home.start().ready();
    url = grpc;
    session = opened.use(await openClusterSession({ url: grpc, words: [] }));
  }, TIMEOUT_MS);
  afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

  parityOf(() => session);
  probeOf(
    () => session,
    () => url,
    "causeway",
  );

  it("gives builds everything", async () => {
    expect((await probed(session, url)).lacks).toEqual([]);
  });

  it("says with --dry-run how much would be sent, and after a build how much was", async () => {
    await using other = await createServerHome();
    const { grpc } = await other.start().ready();
    const on = (...words: readonly string[]) =>
      session.causeway("build", "--remote", grpc, "-f", session.file, "-A", "text", "--argstr", "greeting", ...words);
    const blobs = ({ stderr }: { readonly stderr: string }, text: string): readonly [number, string] => {
      const said = new RegExp(`^(?:.*\\n)*(\\d+) blobs? \\((.*)\\) ${text} grpc:`).exec(stderr);
      expect(said, stderr).not.toBeNull();
      return [Number(said![1]), said![2]!];
    };
    // The sandbox's shell is of a megabyte or two, and everything else small.
    const [count, size] = blobs(await on("sent", "--dry-run"), "would be sent to");
    expect(size).toMatch(/MiB$/);
    const built = await on("sent");
    expect(built.stderr).toMatch(new RegExp(`^sent ${count} blobs \\(${size.replace(".", "\\.")}\\) to grpc:`, "m"));
    expect(blobs(await on("another", "--dry-run"), "would be sent to")[1]).toMatch(/ bytes$|KiB$/);
  });

  it("is told by probe that it hosts nothing, before anything is sent", async () => {
    await using cache = await createServerHome();
    const { grpc } = await cache.start({ config: "execution: { enabled: false }\n" }).ready();
    const ended = await session.causeway("probe", grpc);
    expect([ended.exit, ended.stderr.trim()]).toEqual([1, `error: cluster ${grpc}: it executes no actions`]);
    const nowhere = await session.causeway("build", "--remote", "unsaved", "-f", session.file, "-A", "text");
    expect([nowhere.exit, nowhere.stderr]).toEqual([1, expect.stringContaining("no cluster was saved as 'unsaved'")]);
  });
});
