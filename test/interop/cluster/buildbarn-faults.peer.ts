import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildbarnFolder, startBuildbarn, type Buildbarn } from "../buildbarn/start-buildbarn.ts";
import { openSession, type Session } from "../cli/session.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openHeldPage, type HeldPage } from "./held-page.ts";
import { startBuild, type RunningBuild } from "./start-build.ts";

// Parts of a real cluster that end and come back while an action runs there.

const folder = buildbarnFolder();

let opened: AsyncDisposableStack;
let session: Session;
let page: HeldPage;
let barn: Buildbarn;
let directory: string;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  session = opened.use(await openSession());
  page = opened.use(await openHeldPage());
  directory = opened.use(await temporaryDirectory()).path;
  barn = opened.use(await startBuildbarn({ folder: folder ?? "", directory }));
});
afterEach(() => opened.disposeAsync());

function build(attribute?: string): RunningBuild {
  const more = attribute === undefined ? {} : { attribute };
  return opened.use(startBuild(session, page, { url: barn.storage, profile: "plain", ...more }));
}

async function succeeds({ ended }: RunningBuild): Promise<void> {
  const { exit, stderr } = await ended;
  expect(exit, stderr).toBe(0);
}

describe.skipIf(folder === undefined)("an action on Buildbarn", () => {
  it("is run again when its worker was killed", async () => {
    const building = build();
    await page.askedFor(1);
    await barn.stop("worker", "SIGKILL");
    await barn.restart("worker");
    await page.askedFor(2);
    page.release();
    await succeeds(building);
  });

  it("is begun anew when the scheduler was killed and has forgotten it", async () => {
    const building = build();
    await page.askedFor(1);
    await barn.stop("scheduler", "SIGKILL");
    await barn.restart("scheduler");
    await page.askedFor(2);
    page.release();
    await succeeds(building);
  });

  it("goes on while the storage, through which it is waited for, is away for some seconds", async () => {
    const building = build();
    await page.askedFor(1);
    await barn.stop("storage", "SIGTERM");
    await sleep(5_000);
    await barn.restart("storage");
    page.release();
    await succeeds(building);
    expect(page.asked).toBe(1);
  });

  it("ends well, and so does the next one, when the storage has lost everything meanwhile", async () => {
    const building = build("after");
    await page.askedFor(1);
    await barn.stop("storage", "SIGKILL");
    await barn.stop("worker", "SIGTERM");
    for (const name of ["cas", "ac"]) {
      await rm(join(directory, name), { recursive: true });
      await mkdir(join(directory, name, "state"), { recursive: true });
    }
    await barn.restart("storage");
    await barn.restart("worker");
    page.release();
    await succeeds(building);
    // Its inputs were gone with the rest.
    expect(page.asked).toBe(2);
  });
});
