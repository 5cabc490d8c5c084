import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { built } from "../cli/session.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";

const TIMEOUT_MS = 120_000;

describe("causeway build --remote on causeway serve", { timeout: TIMEOUT_MS }, () => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  beforeAll(async () => {
    const home = opened.use(await createServerHome());
    const { grpc } = await home.start().ready();
    session = opened.use(await openClusterSession({ url: grpc, words: [] }));
  }, TIMEOUT_MS);
  afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

  it.each(["two", "links", "link", "user", "sees", "names"])("makes of %s what nix-build makes", async (name) => {
    expect(await session.there(name)).toEqual(await session.withNix(name));
  });

  it("finds the second time what the first one left in the cluster's cache", async () => {
    const more = ["--argstr", "greeting", "cached"];
    expect(built(await session.build("two", ...more))).toEqual(["text", "two"]);
    await session.forgetEverything();
    const again = await session.build("two", ...more);
    expect([again.exit, built(again)]).toEqual([0, []]);
  });

  it("shows a log while it comes, and the builder's exit code", async () => {
    const ended = await session.build("fails", "-L");
    expect(ended.exit).toBe(100);
    expect(ended.stderr).toContain("fails> last words\nfails> more\n");
    expect(ended.stderr).toContain("failed with exit code 3");
  });

  it("refuses what Nix refuses", async () => {
    expect((await session.build("missing")).stderr).toContain("failed to produce output path");
    expect((await session.build("fifo")).stderr).toContain("has an unsupported type");
  });
});
