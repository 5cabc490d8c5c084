import { afterAll, beforeAll, describe } from "vitest";
import { startBuildGrid } from "../buildgrid/start-buildgrid.ts";
import { sidRoot } from "../peers/debian-root.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";
import { probeOf } from "./probe-suite.ts";

describe("causeway build --remote on BuildGrid with PostgreSQL and BuildBox workers", () => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  let url: string;
  beforeAll(async () => {
    const directory = opened.use(await temporaryDirectory()).path;
    ({ url } = opened.use(await startBuildGrid(await sidRoot(), directory)));
    session = opened.use(await openClusterSession({ url, words: ["--profile", "buildbox"] }));
  }, 600_000);
  afterAll(() => opened.disposeAsync());

  parityOf(() => session);
  probeOf(
    () => session,
    () => url,
    "buildbox",
  );
});
