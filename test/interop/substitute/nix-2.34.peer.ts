import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../cli/session.ts";
import { outputOf, runProgram } from "../nix/run-program.ts";
import { debianRoot, type DebianRoot } from "../peers/debian-root.ts";

const TIMEOUT_MS = 300_000;
let root: DebianRoot;
let session: Session;
let program: string;
beforeAll(async () => {
  root = await debianRoot("sid", ["nix-bin"]);
  session = await openSession();
  program = await session.causewayOutput("build", await session.derivation("program"));
  // What `remote-program` means must be one word.
  const words = root.command(["env", ...environment(), "nix-daemon"], [session.home], session.home);
  const script = `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`;
  await writeFile(at("nix-daemon-2.34"), script);
  await chmod(at("nix-daemon-2.34"), 0o755);
}, 1_500_000);
afterAll(() => session[Symbol.asyncDispose](), TIMEOUT_MS);

const at = (name: string): string => join(session.home, name);
const environment = (): string[] => [
  `HOME=${session.home}`,
  "NIX_CONFIG=experimental-features = nix-command\nbuild-users-group =\nsubstituters =\n",
];
async function nix(...words: readonly string[]): Promise<string> {
  const argv = ["env", ...environment(), ...words] as const;
  return outputOf(
    argv,
    await runProgram(root.command(argv, [session.home], session.home), { env: session.env }),
  ).trim();
}

describe("Nix 2.34", { timeout: TIMEOUT_MS }, () => {
  it("is copied to and from over ssh-ng", async () => {
    const url = `ssh-ng://localhost?remote-program=${at("nix-daemon-2.34")}&remote-store=${at("theirs")}`;
    await session.causewayOutput("copy", "--no-check-sigs", "--to", url, program);
    await nix("nix-store", "--store", at("theirs"), "--verify", "--check-contents");
    await session.causewayOutput("copy", "--state", at("other"), "--no-check-sigs", "--from", url, program);
    const closure = (...words: readonly string[]): Promise<string> =>
      session.causewayOutput("path-info", "-r", program, ...words);
    expect(await closure("--state", at("other"))).toBe(await closure());
  });

  it("reads a cache that we write", async () => {
    const cache = `file://${at("cache")}`;
    await session.causewayOutput("copy", "--to", cache, program);
    await nix("nix", "copy", "--no-check-sigs", "--to", at("from-cache"), "--from", cache, program);
    expect(await nix("nix-store", "--store", at("from-cache"), "-q", "--requisites", program)).toContain(program);
  });
});
