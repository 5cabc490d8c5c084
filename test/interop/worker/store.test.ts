import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUES } from "../cli/session.ts";
import { outputOf, type Ended } from "../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "./worker-session.ts";

const TIMEOUT_MS = 120_000;
let session: WorkerSession;
beforeAll(async () => {
  session = await openWorkerSession();
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

const succeeded = async (...argv: readonly [string, ...string[]]): Promise<string> =>
  outputOf(argv, await session.client(...argv)).trim();
/** `nix build` as recommended: evaluated here, built there. */
const build = (url: string, ...words: readonly string[]): Promise<Ended> =>
  session.client("nix", "build", "--eval-store", session.evaluation, "--store", url, "--no-link", ...words);
const attribute = (url: string, name: string, ...words: readonly string[]): Promise<Ended> =>
  build(url, "-f", VALUES, name, ...words);
/** What a store knows of paths, but for when and how it came to know it. */
async function infos(url: string, ...words: readonly string[]): Promise<unknown> {
  const all = JSON.parse(await succeeded("nix", "path-info", "--store", url, "--json", ...words)) as object[];
  return all.map((info) => ({ ...info, registrationTime: 0, ultimate: false }));
}

describe("nix --store ssh-ng://localhost?remote-program=causeway%20stdio", { timeout: TIMEOUT_MS }, () => {
  it("says who answers", async () => {
    expect((await session.client("nix", "store", "ping", "--store", session.url)).stderr).toContain(
      "Version: Causeway",
    );
  });

  it.each(["text", "two", "developer", "program", "source", "addressed", "above"])(
    "builds %s to what the daemon of Nix builds",
    async (name) => {
      const [ours, theirs] = [
        await attribute(session.url, name, "--json"),
        await attribute(session.stockUrl, name, "--json"),
      ];
      expect(ours).toMatchObject({ exit: 0 });
      type Built = { readonly outputs: Readonly<Record<string, string>> }[];
      const [built, expected] = [JSON.parse(ours.stdout) as Built, JSON.parse(theirs.stdout) as Built];
      expect(built).toEqual(expected);
      const paths = Object.values(built[0]!.outputs);
      expect(await infos(session.url, "-r", ...paths)).toEqual(await infos(session.stockUrl, "-r", ...paths));
    },
  );

  it("shows logs and progress as the daemon of Nix does", async () => {
    const words = ["-L", "--argstr", "greeting", "logs"];
    const [ours, theirs] = [
      await attribute(session.url, "text", ...words),
      await attribute(session.stockUrl, "text", ...words),
    ];
    expect(ours.exit).toBe(0);
    expect(ours.stderr).toBe(theirs.stderr);
    expect(ours.stderr).toContain("said logs");
  });

  it.each([["fails"], ["dependent"], ["wrong"]])(
    "fails for %s with the words of the daemon of Nix",
    async (...words) => {
      const [ours, theirs] = [
        await build(session.url, "-f", VALUES, ...words),
        await build(session.stockUrl, "-f", VALUES, ...words),
      ];
      expect(ours.exit).toBe(theirs.exit);
      expect(errorsOf(ours)).toEqual(errorsOf(theirs));
    },
  );

  it("builds with nix-build, which uploads derivation by derivation", async () => {
    const words = ["--no-out-link", VALUES, "-A", "two", "-A", "text", "--argstr", "greeting", "classic"];
    const ours = await session.client("nix-build", "--store", session.url, ...words);
    const theirs = await session.client("nix-build", "--store", session.stockUrl, ...words);
    expect(ours).toMatchObject({ exit: 0, stdout: theirs.stdout });
    expect(ours.stderr).toBe(theirs.stderr);
  });

  it("builds again with --rebuild, and tells what differs", async () => {
    await attribute(session.url, "random");
    const again = await attribute(session.url, "random", "--rebuild");
    expect(again.exit).toBe(1);
    expect(again.stderr).toContain("may not be deterministic: output '");
    expect(await attribute(session.url, "text", "--rebuild")).toMatchObject({ exit: 0 });
  });

  it("is listed and read", async () => {
    const path = (
      JSON.parse((await attribute(session.url, "two", "--json")).stdout) as [{ outputs: { out: string } }]
    )[0].outputs.out;
    expect(await succeeded("nix", "store", "cat", "--store", session.url, `${path}/text`)).toMatch(/-text$/);
    const [ours, theirs] = await Promise.all(
      [session.url, session.stockUrl].map((url) => succeeded("nix", "store", "ls", "-R", "--store", url, path)),
    );
    expect(ours).toBe(theirs);
    expect(await succeeded("nix-store", "-q", "--references", "--store", session.url, path)).toBe(
      await succeeded("nix-store", "-q", "--references", "--store", session.stockUrl, path),
    );
    const why = ["why-depends", "--store", session.url, path, path];
    expect((await session.client("nix", ...why)).exit).toBe(0);
  });

  it("is built for by another store", async () => {
    const own = join(session.home, "own");
    const words = ["--no-out-link", VALUES, "-A", "two", "--argstr", "greeting", "builder", "--store", own];
    const machine = `${session.url} x86_64-linux - 8 1 big-parallel`;
    const path = await succeeded("nix-build", ...words, "--builders", machine, "--max-jobs", "0");
    expect(path).toBe(await succeeded("nix-build", "--store", session.stockUrl, ...words.slice(0, -2)));
    expect(await infos(own, "-r", path)).toMatchObject([{}, {}, {}]);
    expect(await readFile(join(own, path, "text"), "utf8")).toMatch(/-text\n$/);
  });

  it("takes and gives copies, and wants signatures", async () => {
    const file = join(session.home, "copied");
    await mkdir(file);
    await writeFile(join(file, "one"), "1");
    const local = join(session.home, "local");
    const source = await succeeded("nix", "store", "add-path", "--store", local, file);
    await succeeded("nix", "copy", "--from", local, "--to", session.url, source);
    const built = await succeeded("nix-build", "--no-out-link", VALUES, "-A", "two", "--store", local);
    const copy = ["copy", "--from", local, "--to", session.url, "--argstr", "unused", "unused"].slice(0, 5);
    // It is valid from a build of before: only something new must be proved.
    const fresh = await succeeded(
      "nix-build",
      "--no-out-link",
      VALUES,
      "-A",
      "text",
      "--argstr",
      "greeting",
      "new",
      "--store",
      local,
    );
    const refused = await session.client("nix", ...copy, fresh);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain(`cannot add path '${fresh}' because it lacks a signature by a trusted key`);
    expect((await session.client("nix", "path-info", "--store", session.url, fresh)).exit).toBe(1);
    await succeeded("nix", ...copy, "--no-check-sigs", fresh);
    const back = join(session.home, "back");
    await succeeded("nix", "copy", "--no-check-sigs", "--from", session.url, "--to", back, fresh, built);
    expect(await infos(back, "-r", built)).toMatchObject((await infos(local, "-r", built)) as object);
  });
});

/** What a client says of failures, in no order where they run side by side. */
function errorsOf(ended: Ended): string[] {
  return ended.stderr
    .replaceAll(/^(building|copying|these|warning).*\n|^  \/nix.*\n/gm, "")
    .split(/^(?=error: )/m)
    .sort();
}
