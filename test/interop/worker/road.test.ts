import { afterAll, beforeAll, describe } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { openRoadSession, roadOf, type RoadSession } from "./road-suite.ts";

const TIMEOUT_MS = 120_000;

describe("nix build through causeway stdio --remote on causeway serve", { timeout: TIMEOUT_MS }, () => {
  const opened = new AsyncDisposableStack();
  let session: RoadSession;
  beforeAll(async () => {
    const home = opened.use(await createServerHome());
    const { grpc } = await home.start().ready();
    session = opened.use(await openRoadSession(grpc));
  }, TIMEOUT_MS);
  afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

  roadOf(() => session);
});
