import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { buildbarnFolder } from "../buildbarn/start-buildbarn.ts";
import { BGD, databaseUrl, pythonPackages, startPostgres } from "../buildgrid/start-buildgrid.ts";
import { sidRoot } from "../peers/debian-root.ts";
import { freePorts, startPeer, temporaryDirectory } from "../peers/start-peer.ts";
import { openClusterSession } from "./cluster-session.ts";

// The commands that docs/clusters.md gives to whoever runs a cluster, as they are written there.

const EXAMPLES = join(import.meta.dirname, "..", "..", "..", "examples", "clusters");
const TIMEOUT_MS = 600_000;
const folder = buildbarnFolder();

async function buildsOn(url: string, profile: string): Promise<void> {
  await using session = await openClusterSession({ url, words: [] });
  // Servers answer before their workers have come.
  await expect
    .poll(async () => (await session.causeway("probe", url)).stdout, { timeout: 60_000, interval: 1_000 })
    .toContain(`--profile ${profile}`);
  expect(await session.there("two")).toEqual(await session.withNix("two"));
}

/** The first of several ports in a row that nothing listens on. */
async function portsFrom(count: number): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1);
    // Others may take them until they are used; then the test fails, and says so.
    if (first + count < 65536) return first;
  }
}

describe("the commands for operators", { timeout: TIMEOUT_MS }, () => {
  it.skipIf(folder === undefined).each(["plain", "chroot"])("buildbarn.sh FOLDER STATE %s", async (kind) => {
    await using home = await temporaryDirectory();
    const port = await portsFrom(5);
    const command = [join(EXAMPLES, "buildbarn.sh"), folder ?? "", join(home.path, "state"), kind, String(port)];
    await using peer = await startPeer({ command, port, logFile: join(home.path, "log") });
    expect(peer.pid).toBeGreaterThan(0);
    await buildsOn(`grpc://127.0.0.1:${port}`, kind === "plain" ? "plain" : "buildbarn");
  });

  it("buildgrid.sh DATABASE STATE", async () => {
    await using home = await temporaryDirectory();
    const root = await sidRoot();
    // Programs that this suite has in other places.
    const bin = join(home.path, "bin");
    await mkdir(bin);
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, PYTHONPATH: await pythonPackages() };
    const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(" ");
    const scripts = { bgd: `exec python3 -c '${BGD}' "$@"` } as Record<string, string>;
    for (const name of ["buildbox-casd", "buildbox-worker"])
      scripts[name] = `exec ${quoted(root.command([name], [tmpdir()], "/"))} "$@"`;
    for (const [name, text] of Object.entries(scripts))
      await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const [databasePort = 0] = await freePorts(1);
    await using database = await startPostgres(databasePort);
    const port = await portsFrom(2);
    const command = [join(EXAMPLES, "buildgrid.sh"), databaseUrl(databasePort), join(home.path, "state"), String(port)];
    await using peer = await startPeer({ command, port, logFile: join(home.path, "log"), env, readyWithinMs: 120_000 });
    expect([database, peer]).toHaveLength(2);
    await buildsOn(`grpc://127.0.0.1:${port}`, "buildbox");
  });
});
