import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { freePorts } from "../peers/start-peer.ts";
import { openWorkerSession, type WorkerSession } from "../worker/worker-session.ts";

// A server for Nix whose builds run on another server, and on its own machine.

const TIMEOUT_MS = 120_000;

let session: WorkerSession;
let cluster: ServerHome;
let front: ServerHome;
let urls: { readonly cluster: string; readonly clusterGrpc: string; readonly front: string };
beforeAll(async () => {
  session = await openWorkerSession();
  [cluster, front] = await Promise.all([createServerHome(), createServerHome()]);
  const env = { NIX_CONFIG: session.clientEnv["NIX_CONFIG"]! };
  const there = await cluster.start({ config: "execution: { concurrency: 2 }\n" }).ready();
  const config = `
clusters:
  - address: ${there.grpc}
    profile: causeway
    jobs: 4
    systems: { x86_64-linux: , aarch64-linux: { OSFamily: linux } }
    features: [big-parallel]
    headers: { x-team: nix }
`;
  const here = await front.start({ config, env }).ready();
  urls = { cluster: there.http, clusterGrpc: there.grpc, front: here.http };
}, TIMEOUT_MS);
afterAll(async () => {
  for (const each of [front, cluster, session]) await each[Symbol.asyncDispose]();
}, TIMEOUT_MS);

/** How many actions a server has run. */
async function ran(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = [...text.matchAll(/^causeway_executions_total\{.*\} (\d+)$/gm)].map((match) => Number(match[1]));
  return counts.reduce((sum, each) => sum + each, 0);
}

async function build(
  expression: string,
  on = front,
): Promise<{ readonly exit: number | string; readonly stderr: string }> {
  const socket = `unix://${join(on.state, "nix.sock")}`;
  return session.client("nix-build", "--no-out-link", "--store", socket, "-E", expression);
}

const derivation = (name: string, more: string): string =>
  `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo ${name} > $out" ]; ${more} }`;

describe("causeway serve with clusters", { timeout: TIMEOUT_MS }, () => {
  it.each([
    ["a derivation", "plain", "", [1, 0]],
    ["one that says it is better built here", "local", "preferLocalBuild = true;", [0, 1]],
    ["one with a feature that only this machine has", "feature", 'requiredSystemFeatures = [ "benchmark" ];', [0, 1]],
    [
      "one with a fixed output",
      "fixed",
      `outputHash = "sha256-DDBxQY5jVuYUiYyE7QZMqV6IVRvAgRtTS98ZUuza5TQ="; outputHashMode = "flat";`,
      [0, 1],
    ],
  ] as const)("builds %s where it belongs", async (_, name, more, [there, here]) => {
    const before = { there: await ran(urls.cluster), here: await ran(urls.front) };
    const ended = await build(derivation(name, more));
    expect(ended.exit, ended.stderr).toBe(0);
    expect([(await ran(urls.cluster)) - before.there, (await ran(urls.front)) - before.here]).toEqual([there, here]);
  });

  it("leaves a cluster that is away for another", async () => {
    await using home = await createServerHome();
    const [port = 0] = await freePorts(1);
    const list = [urls.clusterGrpc, `grpc://127.0.0.1:${port}`].map(
      (address) => `  - { address: "${address}", profile: causeway }`,
    );
    const env = { NIX_CONFIG: session.clientEnv["NIX_CONFIG"]! };
    await home
      .start({ config: ["nix: { buildsHere: none }", "clusters:", ...list.reverse(), ""].join("\n"), env })
      .ready();
    const before = await ran(urls.cluster);
    const ended = await build(derivation("left", ""), home);
    expect(ended.exit, ended.stderr).toBe(0);
    expect((await ran(urls.cluster)) - before).toBe(1);
  });
});
