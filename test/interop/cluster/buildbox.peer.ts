import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBuildGrid } from "../buildgrid/start-buildgrid.ts";
import { sidRoot } from "../peers/debian-root.ts";
import { startBuildBox } from "../peers/start-buildbox.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";
import { probeOf } from "./probe-suite.ts";

/** Both run actions with bubblewrap. */
const clusters = [
  ["buildbox-casd", startBuildBox],
  ["BuildGrid with PostgreSQL and BuildBox workers", startBuildGrid],
] as const;

describe.each(clusters)("causeway build --remote on %s", (_, start) => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  let url: string;
  beforeAll(async () => {
    const directory = opened.use(await temporaryDirectory()).path;
    ({ url } = opened.use(await start(await sidRoot(), directory)));
    session = opened.use(await openClusterSession({ url, words: ["--profile", "buildbox"] }));
  }, 600_000);
  afterAll(() => opened.disposeAsync());

  parityOf(() => session);
  probeOf(
    () => session,
    () => url,
    "buildbox",
  );

  it("tells a signal from an exit code", async () => {
    expect((await session.build("killed")).stderr).toContain("failed due to signal 9 (Killed)");
  });
});
