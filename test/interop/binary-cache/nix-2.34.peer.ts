import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { openSession, type Session } from "../cli/session.ts";
import { outputOf, runProgram, type Ended } from "../nix/run-program.ts";
import { debianRoot, type DebianRoot } from "../peers/debian-root.ts";

const TIMEOUT_MS = 300_000;
let root: DebianRoot;
let session: Session;
let home: ServerHome;
let url: string;
let program: string;
beforeAll(async () => {
  root = await debianRoot("sid", ["nix-bin"]);
  session = await openSession();
  home = await createServerHome();
  url = (await home.start().ready()).http;
  program = await session.causewayOutput("build", await session.derivation("program"));
  await session.causewayOutput("copy", "--to", url, program);
}, 1_500_000);
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);

const at = (name: string): string => join(session.home, name);
function run(...words: readonly string[]): Promise<Ended> {
  const config = "experimental-features = nix-command\nbuild-users-group =\nsubstituters =\n";
  const argv = ["env", `HOME=${session.home}`, `NIX_CONFIG=${config}`, ...words];
  return runProgram(root.command(argv, [session.home], session.home), { env: session.env });
}
const nix = async (...words: readonly string[]): Promise<string> => outputOf(words, await run(...words)).trim();

describe("Nix 2.34 and the binary cache of causeway serve", { timeout: TIMEOUT_MS }, () => {
  it("copies from it, and what it copied to it comes back", async () => {
    await nix("nix", "copy", "--no-check-sigs", "--from", url, "--to", at("first"), program);
    await nix("nix-store", "--store", at("first"), "--verify", "--check-contents");
    await using other = await createServerHome();
    const { http } = await other.start().ready();
    await nix("nix", "copy", "--from", at("first"), "--to", http, program);
    await session.causewayOutput("copy", "--state", at("back"), "--no-check-sigs", "--from", http, program);
    const closure = (...words: readonly string[]): Promise<string> =>
      session.causewayOutput("path-info", "-r", program, ...words);
    expect(await closure("--state", at("back"))).toBe(await closure());
  });

  it("lists and reads it", async () => {
    expect(await nix("nix", "store", "ls", "-R", "--store", url, program)).toBe("./bin\n./bin/run");
    expect(await nix("nix", "store", "cat", "--store", url, `${program}/bin/run`)).toContain("cat /nix/store/");
    const [listing, expected] = await Promise.all([
      nix("nix", "store", "ls", "-R", "--json", "--store", url, program),
      session.causewayOutput("store", "ls", "-R", "--json", program),
    ]);
    const withoutOffsets = (text: string): unknown =>
      JSON.parse(text, (key, value: unknown) => (key === "narOffset" ? undefined : value));
    expect(withoutOffsets(listing)).toEqual(withoutOffsets(expected));
  });
});
