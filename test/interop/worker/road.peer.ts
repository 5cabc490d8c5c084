import { afterAll, beforeAll, describe } from "vitest";
import { buildbarnFolder, startBuildbarn } from "../buildbarn/start-buildbarn.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openRoadSession, roadOf, type RoadSession } from "./road-suite.ts";

const folder = buildbarnFolder();

describe.skipIf(folder === undefined).each([
  { runner: "a chroot runner", chroot: true },
  { runner: "a plain runner", chroot: false },
])("nix build through causeway stdio --remote on Buildbarn with $runner", ({ chroot }) => {
  const opened = new AsyncDisposableStack();
  let session: RoadSession;
  beforeAll(async () => {
    const directory = opened.use(await temporaryDirectory()).path;
    const barn = opened.use(await startBuildbarn({ folder: folder ?? "", directory, chroot }));
    session = opened.use(await openRoadSession(barn.storage));
  });
  afterAll(() => opened.disposeAsync());

  roadOf(() => session);
});
