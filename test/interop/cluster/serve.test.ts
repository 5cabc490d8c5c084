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

  it("is told by probe that it hosts nothing, before anything is sent", async () => {
    await using cache = await createServerHome();
    const { grpc } = await cache.start({ config: "execution: { enabled: false }\n" }).ready();
    const ended = await session.causeway("probe", grpc);
    expect([ended.exit, ended.stderr.trim()]).toEqual([1, `error: cluster ${grpc}: it executes no actions`]);
    const nowhere = await session.causeway("build", "--remote", "unsaved", "-f", session.file, "-A", "text");
    expect([nowhere.exit, nowhere.stderr]).toEqual([1, expect.stringContaining("no cluster was saved as 'unsaved'")]);
  });
});
