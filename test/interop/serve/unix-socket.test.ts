import { once } from "node:events";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client, credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { protoMethods } from "@causeway/bridge/grpc";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";

let home: ServerHome;
let socket: string;
beforeEach(async () => {
  home = await createServerHome();
  socket = join(home.directory, "grpc.sock");
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

const words = (): string[] => ["--listen", `unix:${socket}`, "--http", "none"];

/** What the health service says to grpc-js. */
async function healthAt(target: string): Promise<unknown> {
  const { check } = (await protoMethods()).health;
  const client = new Client(target, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      const encode = (message: object): Buffer => Buffer.from(check.request.encode(message));
      client.makeUnaryRequest(
        check.path,
        encode,
        (bytes) => check.response.decode(bytes),
        {},
        { deadline: Date.now() + 10_000 },
        (error, answer) => (error === null ? resolve(answer!.status) : reject(error)),
      );
    });
  } finally {
    client.close();
  }
}

describe("causeway serve on a unix socket", () => {
  it("answers there, lets in nobody else, and removes it at the end", async () => {
    const server = home.start({ words: words() });
    expect(await server.ready()).toMatchObject({ grpc: `unix:${socket}` });
    expect(await healthAt(`unix:${socket}`)).toBe("SERVING");
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    server.signal("SIGTERM");
    expect((await server.ended()).exit).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it("takes the place of a socket whose server was killed", async () => {
    const first = home.start({ words: words() });
    await first.ready();
    first.signal("SIGKILL");
    await first.ended();
    expect(existsSync(socket)).toBe(true);
    await home.start({ words: words() }).ready();
    expect(await healthAt(`unix:${socket}`)).toBe("SERVING");
  });

  it("does not take it from a server that lives, nor remove a file", async () => {
    const other = createServer().listen(socket);
    await once(other, "listening");
    const refused = await home.start({ words: words() }).ended();
    expect([refused.exit, refused.stderr]).toEqual([
      1,
      expect.stringContaining(`error: listening on unix:${socket}: another program listens there`) as string,
    ]);
    other.close();
    await once(other, "close");
    writeFileSync(socket, "precious");
    const second = await home.start({ words: words() }).ended();
    expect([second.exit, second.stderr]).toEqual([1, expect.stringContaining(`error: listening on unix:`) as string]);
    expect(statSync(socket).size).toBe("precious".length);
  });
});
