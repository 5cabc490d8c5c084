import { chmod } from "node:fs/promises";
import { afterAll, beforeAll, describe } from "vitest";
import { buildbarnFolder, startBuildbarn } from "../buildbarn/start-buildbarn.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openClusterSession, type ClusterSession } from "./cluster-session.ts";
import { parityOf } from "./parity-suite.ts";

const folder = buildbarnFolder();

describe.skipIf(folder === undefined)("causeway build --remote on Buildbarn with a chroot runner", () => {
  const opened = new AsyncDisposableStack();
  let session: ClusterSession;
  beforeAll(async () => {
    const directory = opened.use(await temporaryDirectory()).path;
    // Actions run as another user below it.
    await chmod(directory, 0o755);
    const barn = opened.use(await startBuildbarn({ folder: folder ?? "", directory, chroot: true }));
    session = opened.use(await openClusterSession({ url: barn.storage, words: ["--profile", "buildbarn"] }));
  });
  afterAll(() => opened.disposeAsync());

  parityOf(() => session, { sees: "builders run as the worker's user" });
});
