import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { output } from "../nix/run-program.ts";
import { built, directoryIn, openSession, VALUES, type Session } from "./session.ts";

const TIMEOUT_MS = 120_000;
let session: Session;
beforeAll(async () => {
  session = await openSession();
}, TIMEOUT_MS);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

const attribute = (name: string, ...words: readonly string[]) =>
  session.causeway("build", "-f", VALUES, "-A", name, ...words);

async function expectWhole(): Promise<void> {
  const { exit, stdout, stderr } = await session.causeway("store", "verify", "--contents");
  expect([exit, stdout]).toEqual([0, ""]);
  expect(stderr).toContain("everything is whole");
}

describe("causeway store", { timeout: TIMEOUT_MS }, () => {
  it("checks out a closure whose program runs", async () => {
    const program = (await attribute("program")).stdout.trim();
    const text = (await attribute("text")).stdout.trim();
    const to = await directoryIn(session, "root");
    expect(await session.causewayOutput("store", "checkout", program, "--to", to)).toBe(`${to}${program}`);
    expect((await readdir(join(to, "nix/store"))).map((name) => `/nix/store/${name}`).sort()).toEqual(
      [program, text].sort(),
    );
    // The closure is complete: it runs in a root that holds nothing else but a shell.
    await output(["sh", "-c", 'mkdir -p "$0/bin" && cp /bin/busybox "$0/bin/" && ln -sf busybox "$0/bin/cat"', to]);
    const run = `unshare --user --map-root-user chroot "$0" /bin/busybox sh ${program}/bin/run`;
    expect(await output(["sh", "-c", run, to])).toBe("hello 1\n");
    // Again, over what is there.
    expect((await session.causeway("store", "checkout", program, "--to", to)).exit).toBe(0);
    expect(await readFile(`${to}${text}`, "utf8")).toBe("hello 1\n");
  });

  it("forgets a path only when nothing refers to it, and only a valid one", async () => {
    const program = (await attribute("program")).stdout.trim();
    const text = (await attribute("text")).stdout.trim();
    const refused = await session.causeway("store", "forget", text);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain("is in use");
    expect((await session.causeway("store", "forget", text, program)).exit).toBe(0);
    expect((await session.causeway("store", "forget", program)).exit).toBe(1);
    await expectWhole();
    const again = await attribute("program");
    expect([again.stdout.trim(), built(again)]).toEqual([program, []]);
  });

  it("removes nothing that was used within the grace, and everything without one", async () => {
    const text = (await attribute("text")).stdout.trim();
    expect((await session.causeway("store", "gc", "--max-size", "0")).exit).toBe(0);
    expect((await session.causeway("path-info", text)).exit).toBe(0);
    const ended = await session.causeway("store", "gc", "--max-size", "0", "--grace", "0");
    expect(ended.stderr).toMatch(/^freed .* remain\n$/);
    expect((await session.causeway("path-info", text)).exit).toBe(1);
    await expectWhole();
    expect(built(await attribute("text"))).toEqual(["text"]);
  });

  it("stays consistent when it is made to fit, and builds what is gone again", async () => {
    const paths: string[] = [];
    for (const greeting of ["one", "two", "three"])
      paths.push((await attribute("program", "--argstr", "greeting", greeting)).stdout.trim());
    expect((await session.causeway("store", "gc", "--max-size", "1K", "--grace", "0")).exit).toBe(0);
    await expectWhole();
    for (const [index, greeting] of ["one", "two", "three"].entries())
      expect((await attribute("program", "--argstr", "greeting", greeting)).stdout.trim()).toBe(paths[index]);
    await expectWhole();
  });

  it("refuses sizes and times that are none", async () => {
    for (const words of [
      ["--max-size", "lots"],
      ["--grace", "soon"],
      ["--grace", "-1"],
    ])
      expect((await session.causeway("store", "gc", ...words)).exit, words.join(" ")).toBe(1);
  });
});
