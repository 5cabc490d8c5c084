import { afterAll, beforeAll, describe } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";

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

  parityOf(() => session);
});
