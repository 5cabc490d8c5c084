import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildbarnFolder, startBuildbarn } from "../buildbarn/start-buildbarn.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";
import { probed, probeOf } from "./probe-suite.ts";

const folder = buildbarnFolder();

describe.skipIf(folder === undefined).each([
  {
    runner: "a chroot runner",
    chroot: true,
    profile: "buildbarn",
    lack: "/proc is empty",
    exceptions: { sees: "builders run as the worker's user" },
  },
  {
    runner: "a plain runner",
    chroot: false,
    profile: "plain",
    lack: "output of builders comes when they have ended",
    exceptions: {},
  },
])("causeway build --remote on Buildbarn with $runner", ({ chroot, profile, lack, exceptions }) => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  let url: string;
  beforeAll(async () => {
    const directory = opened.use(await temporaryDirectory()).path;
    const barn = opened.use(await startBuildbarn({ folder: folder ?? "", directory, chroot }));
    url = barn.storage;
    session = opened.use(await openClusterSession({ url, words: ["--profile", profile] }));
  });
  afterAll(() => opened.disposeAsync());

  parityOf(() => session, exceptions);
  probeOf(
    () => session,
    () => url,
    profile,
  );

  it("says what builds miss there", async () => {
    expect((await probed(session, url)).lacks).toContain(lack);
  });
});
