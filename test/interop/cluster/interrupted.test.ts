import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { openSession, type Session } from "../cli/session.ts";
import { openHeldPage, type HeldPage } from "./held-page.ts";
import { startBuild, type RunningBuild } from "./start-build.ts";

// Programs that are killed while an action runs on the cluster: the one that waits for it, and the cluster itself.

const TIMEOUT_MS = 120_000;

let opened: AsyncDisposableStack;
let session: Session;
let page: HeldPage;
let home: ServerHome;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  session = opened.use(await openSession());
  page = opened.use(await openHeldPage());
  home = opened.use(await createServerHome());
}, TIMEOUT_MS);
afterEach(() => opened.disposeAsync(), TIMEOUT_MS);

function build(url: string): RunningBuild {
  return opened.use(startBuild(session, page, { url, profile: "causeway" }));
}

async function running(http: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^causeway_executions_running (\d+)$/m.exec(text)?.[1]);
}

describe("an action that runs on a cluster", { timeout: TIMEOUT_MS }, () => {
  it("goes on when who waits for it is killed, and the next one joins it", async () => {
    const { grpc, http } = await home.start().ready();
    const first = build(grpc);
    await page.askedFor(1);
    first.child.kill("SIGKILL");
    expect((await first.ended).exit).toBe("SIGKILL");
    const second = build(grpc);
    await expect.poll(() => running(http), { timeout: TIMEOUT_MS }).toBe(2);
    page.release();
    const ended = await second.ended;
    expect(ended.exit, ended.stderr).toBe(0);
    expect(page.asked).toBe(1);
  });

  it("is found in the cluster's cache when it has ended before the next one asks", async () => {
    const { grpc, http } = await home.start().ready();
    const first = build(grpc);
    await page.askedFor(1);
    first.child.kill("SIGKILL");
    await first.ended;
    page.release();
    await expect.poll(() => running(http), { timeout: TIMEOUT_MS }).toBe(0);
    const ended = await build(grpc).ended;
    expect(ended.exit, ended.stderr).toBe(0);
    expect(page.asked).toBe(1);
  });

  it("is begun anew when the cluster was killed and has forgotten it", async () => {
    const server = home.start();
    const { grpc } = await server.ready();
    const waits = build(grpc);
    await page.askedFor(1);
    server.signal("SIGKILL");
    await server.ended();
    const { port } = new URL(grpc.replace("grpc:", "http:"));
    await home.start({ words: ["--listen", `127.0.0.1:${port}`, "--http", "127.0.0.1:0"] }).ready();
    await page.askedFor(2);
    page.release();
    const ended = await waits.ended;
    expect(ended.exit, ended.stderr).toBe(0);
    expect(page.asked).toBe(2);
  });
});
