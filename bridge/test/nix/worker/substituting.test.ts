import { afterEach, describe, expect, it } from "vitest";
import type { StorePath } from "#src/formats/index.js";
import { createSubstituter } from "#src/nix/substitute/create-substituter.js";
import type { Substituter } from "#src/nix/substitute/substituter.js";
import { Operation } from "#src/nix/worker/protocol.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import { greetDaemon } from "#src/nix/worker/client/greet-daemon.js";
import { processMessages } from "#src/nix/worker/client/process-messages.js";
import { serveWorker, type Daemon } from "#src/nix/worker/index.js";
import { WireReader } from "#src/nix/worker/wire/reader.js";
import { cachedPath, createFiles, KEY, openFake, pathOf, publish, type FakeFiles } from "../substitute/fake-cache.js";
import { createDuplex } from "./duplex.js";
import { addressedPath, framed, openDaemon, STORE_DIR } from "./open-daemon.js";

const LAST = Buffer.from("73746c6100000000", "hex");
const [a, b, absent] = [pathOf(1), pathOf(2), pathOf(9)];
const chain = [cachedPath(a, "a", [b]), cachedPath(b, "b")] as const;
const full = (path: StorePath): string => `${STORE_DIR}/${path}`;
const begin = (operation: keyof typeof Operation): WireWriter => new WireWriter().number(Operation[operation]);

const open = new Set<Substituter>();
afterEach(async () => {
  for (const each of open) await each[Symbol.asyncDispose]();
  open.clear();
});

/** A daemon with a cache that has {@link chain}. */
function openBoth(): { readonly daemon: Daemon; readonly files: FakeFiles } {
  const files = createFiles();
  for (const each of chain) publish(files, each);
  const daemon = openDaemon({ publicKeys: [KEY.publicKeyText] });
  const caches = [{ cache: openFake(files), isTrusted: false }];
  const substituter = createSubstituter({ context: daemon, caches, requireSignatures: true, transfersMax: 2 });
  open.add(substituter);
  return { files, daemon: { ...daemon, substituter } };
}

/** Unlike `converse`, waits for each answer: a client that hangs up wants nothing fetched. */
async function ask(daemon: Daemon, ...requests: readonly Buffer[]): Promise<{ sent: Buffer; reply: Buffer }> {
  const { client, server } = createDuplex();
  const pieces: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => {
    pieces.push(Buffer.from(bytes));
    await server.write(bytes);
  };
  const served = serveWorker({ ...server, write }, daemon, { isTrusted: true });
  const reader = new WireReader(client.input);
  const minor = await greetDaemon(
    reader,
    (bytes) => client.write(bytes),
    () => undefined,
  );
  for (const request of requests) {
    await client.write(request);
    await processMessages(reader, minor, () => undefined).catch(() => undefined);
  }
  await client.close();
  await served;
  const sent = Buffer.concat(pieces);
  return { sent, reply: sent.subarray(sent.lastIndexOf(LAST) + LAST.byteLength) };
}
const valid = async ({ store }: Daemon): Promise<StorePath[]> =>
  (await Array.fromAsync(store.pathInfos.list())).map(({ path }) => path);

/** What an older client sends before: that nothing is to be fetched for it. */
function noSubstitutes(): Buffer {
  const writer = begin("SetOptions");
  for (let i = 0; i < 12; i++) writer.number(0);
  return writer.number(0).take();
}

describe("a daemon with a cache", () => {
  it("says what can be fetched", async () => {
    const { daemon } = openBoth();
    const { reply } = await ask(
      daemon,
      begin("QuerySubstitutablePaths")
        .texts([full(a), full(absent)])
        .take(),
    );
    expect(reply).toEqual(new WireWriter().texts([full(a)]).take());
    expect(await valid(daemon)).toEqual([]);
  });

  it("says how large it is", async () => {
    const { daemon } = openBoth();
    const size = chain[0].nar.byteLength;
    const info = new WireWriter()
      .text("")
      .texts([full(b)])
      .number(size)
      .number(size)
      .take();
    const one = await ask(daemon, begin("QuerySubstitutablePathInfo").text(full(a)).take());
    expect(one.reply).toEqual(Buffer.concat([new WireWriter().number(1).take(), info]));
    const none = await ask(daemon, begin("QuerySubstitutablePathInfo").text(full(absent)).take());
    expect(none.reply).toEqual(new WireWriter().number(0).take());
    const asked = begin("QuerySubstitutablePathInfos").number(2).text(full(absent)).text("").text(full(a)).text("");
    const many = await ask(daemon, asked.take());
    expect(many.reply).toEqual(Buffer.concat([new WireWriter().number(1).text(full(a)).take(), info]));
  });

  it("says what would be fetched, with what it refers to", async () => {
    const { daemon } = openBoth();
    const { reply } = await ask(
      daemon,
      begin("QueryMissing")
        .texts([full(a), full(absent)])
        .take(),
    );
    const sum = chain[0].nar.byteLength + chain[1].nar.byteLength;
    const expected = new WireWriter()
      .texts([])
      .texts([full(a), full(b)])
      .texts([full(absent)])
      .number(sum)
      .number(sum);
    expect(reply).toEqual(expected.take());
    expect(await valid(daemon)).toEqual([]);
  });

  it.each([
    ["EnsurePath", begin("EnsurePath").text(full(a)).take()],
    [
      "QueryValidPaths",
      begin("QueryValidPaths")
        .texts([full(a), full(absent)])
        .bool(true)
        .take(),
    ],
    [
      "BuildPaths",
      begin("BuildPaths")
        .texts([full(a)])
        .number(0)
        .take(),
    ],
    [
      "BuildPathsWithResults",
      begin("BuildPathsWithResults")
        .texts([full(a)])
        .number(0)
        .take(),
    ],
  ])("fetches for %s, and shows it", async (_, request) => {
    const { daemon } = openBoth();
    const { sent } = await ask(daemon, request);
    expect(await valid(daemon)).toEqual([a, b]);
    expect(sent.includes(`copying path '${full(a)}' from 'fake://cache'`)).toBe(true);
  });

  it("answers with those that are valid then", async () => {
    const { daemon } = openBoth();
    const without = begin("QueryValidPaths")
      .texts([full(a)])
      .bool(false)
      .take();
    expect((await ask(daemon, without)).reply).toEqual(new WireWriter().texts([]).take());
    const with_ = begin("QueryValidPaths")
      .texts([full(a), full(absent)])
      .bool(true)
      .take();
    expect((await ask(daemon, with_)).reply).toEqual(new WireWriter().texts([full(a)]).take());
  });

  it("fetches nothing for a client that does not want it", async () => {
    const { daemon, files } = openBoth();
    const { sent } = await ask(
      daemon,
      noSubstitutes(),
      begin("EnsurePath").text(full(a)).take(),
      begin("QueryMissing")
        .texts([full(a)])
        .take(),
    );
    expect(sent.includes(`path '${full(a)}' does not exist and cannot be created`)).toBe(true);
    expect(files.asked).toEqual([]);
  });

  it("fetches nothing for the contents that clients bring", async () => {
    const { daemon, files } = openBoth();
    const { full: path, nar } = addressedPath("x", "text");
    const add = begin("AddToStore").text("x").text("fixed:r:sha256").texts([]).bool(false).take();
    await ask(daemon, Buffer.concat([add, framed(nar)]), begin("QueryValidPaths").texts([path]).bool(false).take());
    expect(files.asked).toEqual([]);
  });

  it("says why a path could not be fetched", async () => {
    const { daemon, files } = openBoth();
    files.contents.set(chain[1].info.url, Buffer.from("damaged"));
    const { sent } = await ask(daemon, begin("EnsurePath").text(full(a)).take());
    expect(sent.includes(`path '${full(a)}' does not exist and cannot be created: file 'fake://cache/nar/`)).toBe(true);
    expect(await valid(daemon)).toEqual([]);
  });
});
