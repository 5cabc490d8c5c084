import { describe, expect, it } from "vitest";
import {
  copyClosure,
  createDaemonDestination,
  createDaemonSource,
  createStoreDestination,
} from "#src/nix/copy/index.js";
import { ProtocolError } from "#src/nix/worker/wire/error.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import {
  createWorkerPool,
  openWorkerConnection,
  serveWorker,
  type Daemon,
  type WorkerPool,
} from "#src/nix/worker/index.js";
import { Code } from "#src/status/index.js";
import { cachedPath, createFiles, openContext, openFake, pathOf, publish } from "../substitute/fake-cache.js";
import { createDuplex } from "./duplex.js";
import { addressedPath, openDaemon, STORE_DIR } from "./open-daemon.js";

const [a, b, c] = [pathOf(1), pathOf(2), pathOf(3)];
const chain = [cachedPath(a, "a", [a, b]), cachedPath(b, "b".repeat(600_000), [c]), cachedPath(c, "c")] as const;

function cache(): ReturnType<typeof openFake> {
  const files = createFiles();
  for (const each of chain) publish(files, each);
  return openFake(files);
}

/** Connections to a daemon in this process. */
function poolTo(
  daemon: Daemon,
  options: { readonly isTrusted?: boolean; readonly connectionsMax?: number } = {},
): WorkerPool {
  return createWorkerPool(async () => {
    const { client, server } = createDuplex();
    void serveWorker(server, daemon, { isTrusted: options.isTrusted ?? true });
    return await openWorkerConnection(client, { storeDir: STORE_DIR, onLine: () => undefined });
  }, options.connectionsMax ?? 2);
}

const copy = (
  from: Parameters<typeof copyClosure>[1]["from"],
  to: Parameters<typeof copyClosure>[1]["to"],
  root = a,
): Promise<unknown> => copyClosure([root], { from, to, storeDir: STORE_DIR, transfersMax: 4 });

describe("a client of the worker protocol", () => {
  it("copies a closure to a daemon, and from it", async () => {
    const daemon = openDaemon();
    await using up = createDaemonDestination(poolTo(daemon), "up", { checkSignatures: false, substitute: false });
    await copy(cache(), up);
    expect(await daemon.store.pathInfos.get(b)).toMatchObject({
      references: [c],
      narSizeBytes: chain[1].nar.byteLength,
    });
    await using down = createDaemonSource(poolTo(daemon), "down");
    const context = openContext();
    await copy(down, createStoreDestination(context, "here", { checkSignatures: true }));
    const info = await context.store.pathInfos.get(a);
    expect(info).toMatchObject({ references: [a, b], signatures: chain[0].info.signatures, ultimate: false });
  });

  it("sends nothing that is there", async () => {
    const daemon = openDaemon();
    await using up = createDaemonDestination(poolTo(daemon), "up", { checkSignatures: false, substitute: false });
    await copy(cache(), up);
    expect(await copyClosure([a], { from: cache(), to: up, storeDir: STORE_DIR, transfersMax: 1 })).toEqual([]);
  });

  it("is told what the daemon refuses, and goes on with the same connection", async () => {
    const daemon = openDaemon();
    await using pool = poolTo(daemon, { isTrusted: false, connectionsMax: 1 });
    const up = createDaemonDestination(pool, "up", { checkSignatures: false, substitute: false });
    await expect(copy(cache(), up, b)).rejects.toThrow(
      `copying '/nix/store/${c}' from 'fake://cache': cannot add path '/nix/store/${c}' because it lacks a signature by a trusted key`,
    );
    expect(await up.validAmong([a, b, c])).toEqual(new Set());
    const { path, nar, narHash } = addressedPath("x", "text");
    const ca = { method: "nar", hash: { algorithm: "sha256", hex: narHash } } as const;
    const info = { path, narHash, narSizeBytes: nar.byteLength, references: [], signatures: [], ca };
    const open = async function* () {
      yield nar;
    };
    await up.add({ info, downloadBytes: 0, open }, { references: Promise.resolve() });
    expect(await up.validAmong([path])).toEqual(new Set([path]));
  });

  it("says what the source does not have", async () => {
    await using down = createDaemonSource(poolTo(openDaemon()), "down");
    const to = createStoreDestination(openContext(), "here", { checkSignatures: true });
    await expect(copy(down, to)).rejects.toMatchObject({
      code: Code.NotFound,
      message: `path '/nix/store/${a}' is not valid in 'down'`,
    });
  });

  it("stops everything at the first failure", async () => {
    const files = createFiles();
    for (const each of chain) publish(files, each);
    files.contents.set(chain[2].info.url, Buffer.from("damaged"));
    const context = openContext();
    const to = createStoreDestination(context, "here", { checkSignatures: true });
    await expect(copy(openFake(files), to)).rejects.toThrow(`copying '/nix/store/${c}'`);
    expect(await to.validAmong([a, b, c])).toEqual(new Set());
  });

  it.each([
    ["that is none", new WireWriter().number(1).take(), "this is no daemon of Nix"],
    ["that is too old", new WireWriter().number(0x6478696f).number(0x110).take(), "is not supported: it speaks 1.16"],
    ["that hangs up", new WireWriter().number(0x6478696f).take(), "unexpected end-of-file"],
    [
      "that sends what nobody knows",
      new WireWriter().number(0x6478696f).number(0x117).number(42).take(),
      "sent message 42, which is not known",
    ],
    [
      "that sends a text without end",
      new WireWriter()
        .number(0x6478696f)
        .number(0x117)
        .number(0x6f6c6d67)
        .number(2 ** 40)
        .take(),
      "is too long",
    ],
  ])("gives up a daemon %s", async (_, bytes, message) => {
    const { client, server } = createDuplex();
    await server.write(bytes);
    server.destroy();
    const failure = openWorkerConnection(client, { storeDir: STORE_DIR, onLine: () => undefined });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(ProtocolError);
  });
});
