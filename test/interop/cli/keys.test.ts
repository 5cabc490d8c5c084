import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { output } from "../nix/run-program.ts";
import { openSession, type Session } from "./session.ts";

let session: Session;
beforeAll(async () => {
  session = await openSession();
});
afterAll(() => session[Symbol.asyncDispose]());

const file = (name: string): string => join(session.home, name);
const shell = (script: string, ...words: readonly string[]): Promise<string> =>
  output(["sh", "-ec", script, ...words], { env: session.env, cwd: session.home });

describe("causeway keys", () => {
  it("makes a key that Nix signs with, and whose public half Nix finds too", async () => {
    const printed = await session.causewayOutput("keys", "generate", "test-1");
    expect(printed).toMatch(/^test-1:[0-9A-Za-z+/]{43}=$/);
    expect(await readFile(file("test-1.public"), "utf8")).toBe(printed);
    for (const name of ["test-1.secret", "test-1.public"])
      expect((await stat(file(name))).mode & 0o777, name).toBe(0o600);
    const convert = "nix --extra-experimental-features nix-command key convert-secret-to-public <test-1.secret";
    expect((await shell(convert)).trim()).toBe(printed);
    expect((await shell('"$0" keys public <test-1.secret', CAUSEWAY)).trim()).toBe(printed);
  });

  it("finds the public half of a key that Nix made", async () => {
    await shell("nix --extra-experimental-features nix-command key generate-secret --key-name theirs-1 >theirs.secret");
    const convert = "nix --extra-experimental-features nix-command key convert-secret-to-public <theirs.secret";
    expect(await shell('"$0" keys public <theirs.secret', CAUSEWAY)).toBe(`${(await shell(convert)).trim()}\n`);
  });

  it("overwrites no key, and makes none whose name cannot be one", async () => {
    await session.causewayOutput("keys", "generate", "kept-1");
    const before = await readFile(file("kept-1.secret"), "utf8");
    expect((await session.causeway("keys", "generate", "kept-1")).exit).toBe(1);
    expect(await readFile(file("kept-1.secret"), "utf8")).toBe(before);
    expect((await session.causeway("keys", "generate", "a:b")).exit).toBe(1);
    expect((await session.causeway("keys", "generate", "a/b")).exit).toBe(1);
  });
});
