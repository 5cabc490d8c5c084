import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServerHome, type ServerHome } from "../../../serve/start-server.ts";
import { inParallel } from "./socket-client.ts";

const TIMEOUT_MS = 120_000;
let home: ServerHome;
let address: URL;
beforeAll(async () => {
  home = await createServerHome();
  address = new URL((await home.start().ready()).http);
}, TIMEOUT_MS);
afterAll(() => home[Symbol.asyncDispose](), TIMEOUT_MS);

/** A request as it is written: a client that knows what is good for it would have tidied the path. */
async function ask(request: string): Promise<string> {
  const socket = connect(Number(address.port), address.hostname);
  socket.on("error", () => undefined);
  let answer = "";
  socket.setEncoding("latin1").on("data", (piece: string) => (answer += piece));
  socket.write(request, "latin1");
  await once(socket, "close");
  return answer;
}

const OUTSIDE = [
  ...["/../../../../etc/passwd", "/nar/../../../../etc/passwd", "/nar/..", "/nar/./../nix-cache-info/../x", "//etc/passwd"],
  ...["/nar//etc/passwd", "/nar/%2e%2e/%2e%2e/etc/passwd", "/nar/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/nar/..%5c..%5cx"],
  ...["/nar/%252e%252e/%252e%252e/etc/passwd", "/log/../lock", "/log/%2e%2e%2flock", "/log/..%00", "/nar/%00", "/%"],
  ...["/nar/%c0%ae%c0%ae/etc/passwd", "/debuginfo/../../lock", "/realisations/../lock.doi", "/nar/\xff\xfe", "/cas/../lock"],
  ...["/cas/%2e%2e", "/ac/../../format", `/nar/${"a".repeat(20_000)}`, `/${"../".repeat(1_000)}etc/passwd`, "*", "lock"],
]; // prettier-ignore

describe("the HTTP port of a server, of paths that lead elsewhere", { timeout: TIMEOUT_MS }, () => {
  it.each(["GET", "HEAD", "PUT"])("refuses %s", async (method) => {
    const before = await readdir(home.state, { recursive: true });
    const bodies = method === "PUT" ? "Content-Length: 5\r\n\r\nhello" : "\r\n";
    await inParallel(OUTSIDE, async (path) => {
      const answer = await ask(`${method} ${path} HTTP/1.1\r\nHost: ${address.host}\r\nConnection: close\r\n${bodies}`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toContain("root:");
    });
    expect(await readdir(home.state, { recursive: true })).toEqual(before);
    const info = await ask(`GET /nix-cache-info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(info).toMatch(/^HTTP\/1\.1 200 /);
  });
});
