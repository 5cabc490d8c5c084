import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import { directoryIn, openSession, type Session } from "./session.ts";

const JOIN = join(dirname(CAUSEWAY), "../dist/helper/causeway-join");
/** In place of Node: says how it was called. */
const NODE = "/bin/echo";
let session: Session;
beforeAll(async () => {
  session = await openSession();
});
afterAll(() => session[Symbol.asyncDispose]());

/** @returns what it says to this input, and how it ends. */
async function run(
  words: readonly string[],
  input: Uint8Array = new Uint8Array(0),
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly exit: unknown; readonly said: Buffer }> {
  const child = spawn(JOIN, [NODE, "main.js", "stdio", ...words], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const said = await buffer(child.stdout);
  return { exit: (await ended)[0], said };
}

/** Answers with what it was sent, once it was sent all of it. */
async function listening(path: string): Promise<Server> {
  // The name that Node binds must be short; that of clients need not be.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void buffer(socket).then((all) => socket.end(all));
  });
  const cwd = process.cwd();
  process.chdir(dirname(path));
  server.listen("nix.sock");
  await once(server, "listening");
  process.chdir(cwd);
  return server;
}

describe("causeway-join", () => {
  it.each([
    ["the state that is said", (state: string) => ({ words: ["--stdio", "--state", state], env: {} })],
    ["the state in one word", (state: string) => ({ words: [`--state=${state}`, "--remote", "grpc://x"], env: {} })],
    ["$CAUSEWAY_STATE", (state: string) => ({ words: ["--store", "x"], env: { CAUSEWAY_STATE: state } })],
    ["$XDG_STATE_HOME", (state: string) => ({ words: [], env: { XDG_STATE_HOME: dirname(state) } })],
    ["a socket", (state: string) => ({ words: ["--socket", join(state, "nix.sock")], env: {} })],
  ])("hands on to the daemon of %s, whatever its length, and back", async (_, at) => {
    for (const parts of ["short", `long-${"x".repeat(120)}`]) {
      const state = join(await directoryIn(session, "join"), parts, "causeway");
      await mkdir(state, { recursive: true });
      await using server = await listening(join(state, "nix.sock"));
      expect(server.listening).toBe(true);
      const { words, env } = at(state);
      const bytes = randomBytes(3_000_001);
      const { exit, said } = await run(words, bytes, env);
      expect([exit, said.equals(bytes)]).toEqual([0, true]);
    }
  });

  it("becomes the program where nobody listens, and for what it does not know", async () => {
    const state = await directoryIn(session, "alone");
    for (const words of [["--state", state], ["--socket", join(state, "none")], ["--state"]])
      expect((await run(words)).said.toString()).toBe(`main.js stdio ${words.join(" ")}\n`);
    await using server = await listening(join(state, "nix.sock"));
    expect(server.listening).toBe(true);
    for (const words of [
      ["--state", state, "--help"],
      ["--statement", state],
      ["--state", state, "more"],
    ])
      expect((await run(words)).said.toString()).toBe(`main.js stdio ${words.join(" ")}\n`);
  });

  it("ends when the daemon hangs up, though its own client does not", async () => {
    const state = await directoryIn(session, "ending");
    await using server = createServer((socket) => socket.end("enough")).listen(join(state, "nix.sock"));
    await once(server, "listening");
    const child = spawn(JOIN, [NODE, "main.js", "stdio", "--state", state], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "exit");
    expect((await buffer(child.stdout)).toString()).toBe("enough");
    expect((await ended)[0]).toBe(0);
  });
});
