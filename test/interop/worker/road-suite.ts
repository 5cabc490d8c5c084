import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { built, VALUES } from "../cli/session.ts";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { output, outputOf, type Ended } from "../nix/run-program.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";

/** Clients of Nix, whose builds run on a cluster and are signed. */
export interface RoadSession extends AsyncDisposable {
  readonly worker: WorkerSession;
  /** Of whoever signs. */
  readonly publicKey: string;
}

/** @param cluster its address. */
export async function openRoadSession(cluster: string): Promise<RoadSession> {
  await using opening = new AsyncDisposableStack();
  const keys = opening.use(await temporaryDirectory()).path;
  const [secret, publicFile] = [join(keys, "secret"), join(keys, "public")];
  const generate = [CAUSEWAY, "keys", "generate", "road", "--secret-file", secret, "--public-file", publicFile];
  const publicKey = (await output(generate)).trim();
  const worker = opening.use(await openWorkerSession("--remote", cluster, "--secret-key-file", secret));
  const opened = opening.move();
  return { worker, publicKey, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** From an expression to a program that runs: `nix build` here, the builder on a cluster, the output in a plain store of Nix. */
export function roadOf(session: () => RoadSession): void {
  const greeting = ["--argstr", "greeting", "road"];
  const build = ({ worker }: RoadSession): Promise<Ended> => {
    const place = ["--eval-store", worker.evaluation, "--store", worker.url];
    return worker.client("nix", "build", "--json", "--no-link", "-L", ...place, "-f", VALUES, "program", ...greeting);
  };
  const outOf = (ended: Ended): string =>
    (JSON.parse(outputOf(["nix", "build"], ended)) as [{ readonly outputs: { readonly out: string } }])[0].outputs.out;

  it("builds, copies to a plain store, and runs", async () => {
    const { worker, publicKey } = session();
    const ended = await build(session());
    const path = outOf(ended);
    expect(path).toBe(await worker.nixOutput("nix-build", "--no-out-link", VALUES, "-A", "program", ...greeting));
    expect(ended.stderr).toContain("text> said road 1\n");
    expect(built(ended)).toEqual(["program", "text"]);

    const local = join(worker.home, "plain");
    const trusting = ["--option", "trusted-public-keys", publicKey];
    const copy = ["copy", "--from", worker.url, "--to", local, path];
    // Nobody has to take it on trust.
    expect((await worker.client("nix", ...copy)).stderr).toContain("lacks a valid signature");
    outputOf(copy, await worker.client("nix", ...copy, ...trusting));
    const ran = await worker.client("nix", "shell", "--store", local, path, "-c", "run");
    expect(ran).toMatchObject({ exit: 0, stdout: "road 1\n" });
  });

  it("finds in the cluster what it has forgotten itself", async () => {
    const { worker } = session();
    const path = outOf(await build(session()));
    await worker.stopDaemon();
    await rm(worker.state, { recursive: true });
    const again = await build(session());
    expect([outOf(again), built(again)]).toEqual([path, []]);
  });

  it("says what a builder said when it fails", async () => {
    const { worker } = session();
    const words = ["--store", worker.url, "--eval-store", worker.evaluation, "--no-link", "-f", VALUES, "fails"];
    const failed = await worker.client("nix", "build", ...words);
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toMatch(/builder for '\S+-fails.drv' failed with exit code 3/);
    expect(failed.stderr).toContain("> last words\n");
  });
}
