import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { connect, formatReadName, formatWriteName, hotMethods, type GrpcChannel } from "@causeway/bridge/grpc";
import { createServerHome, type ServerHome } from "../../serve/start-server.ts";
import { createCasClient, type CasClient } from "./cas-client.ts";
import { eventually, useOf } from "./process-use.ts";
import { connectRaw, frame, type RawClient } from "./raw-client.ts";

const MIB = 2 ** 20;
/** For a call beside a storm of others, on a machine with other things to do. */
const QUICK_MS = 2_000;

let home: ServerHome;
let grpc: string;
let pid: number;
let channel: GrpcChannel;
let client: CasClient;
const raws: RawClient[] = [];
beforeEach(async () => {
  home = await createServerHome();
  ({ grpc, pid } = await home.start({ config: "limits: {stallSeconds: 5}" }).ready());
  channel = await connect(grpc);
  client = createCasClient(channel);
  // What is loaded at the first use is no matter of the clients to come.
  const digest = await client.putStream("sha256", randomBytes(3 * MIB));
  await client.getStream(digest);
  await client.putBatch("blake3", [randomBytes(1000)]);
});
afterEach(async () => {
  for (const { session } of raws.splice(0)) session.destroy();
  await channel[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function rawClients(count: number, settings: { initialWindowSize?: number } = {}): Promise<RawClient[]> {
  for (let left = count; left > 0; left -= 50)
    raws.push(...(await Promise.all(Array.from({ length: Math.min(50, left) }, () => connectRaw(grpc, settings)))));
  return raws.slice(-count);
}

/** How long others wait meanwhile: the longest of some calls. */
async function longestWaitMs(): Promise<number> {
  let longestMs = 0;
  for (let n = 0; n < 20; n++) {
    const startedMs = performance.now();
    const blobs = [randomBytes(2_000)];
    expect(await client.getBatch(await client.putBatch("sha256", blobs))).toEqual(blobs);
    longestMs = Math.max(longestMs, performance.now() - startedMs);
  }
  return longestMs;
}

const temporaryFiles = (): string[] => readdirSync(join(home.state, "tmp"));

function writeMessage(digest: Digest, data: Uint8Array): Buffer {
  const resourceName = formatWriteName({ instanceName: "", uuid: randomUUID(), digest, compressor: "identity" });
  return frame(hotMethods.byteStream.write.request.encode({ resourceName, writeOffset: 0, finishWrite: false, data }));
}

function readMessage(digest: Digest): Buffer {
  const resourceName = formatReadName({ instanceName: "", digest, compressor: "identity" });
  return frame(hotMethods.byteStream.read.request.encode({ resourceName, readOffset: 0, readLimit: 0 }));
}

const absent = (n: number): Digest => ({ ...digestBytes("sha256", Buffer.from(`absent ${n}`)), sizeBytes: 50 * MIB });

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

describe("clients that vanish", () => {
  it("in the middle of uploads and downloads leave no more than the uploads that may go on", async () => {
    const digest = await client.putStream("sha256", randomBytes(30 * MIB));
    const before = useOf(pid);
    const memoryBytes: number[] = [];
    for (let round = 0; round < 12; round++) {
      const clients = await rawClients(50);
      await Promise.all(
        clients.map(async ({ session, post }, n) => {
          const download = post(hotMethods.byteStream.read.path);
          download.end(readMessage(digest));
          const upload = post(hotMethods.byteStream.write.path);
          upload.write(writeMessage(absent(round * 1000 + n), randomBytes(200_000)));
          // Half of a message that will not come.
          upload.write(frame(randomBytes(100_000), MIB));
          await once(download, "data");
          // Without a word at the level of HTTP/2 as well.
          if (n % 2 === 0) session.socket.destroy();
          else session.destroy();
        }),
      );
      expect(await longestWaitMs()).toBeLessThan(QUICK_MS);
      memoryBytes.push(useOf(pid).memoryBytes - before.memoryBytes);
    }
    // As many uploads wait for their clients as the server keeps; each has a file.
    await eventually("the rest is let go", () => {
      const { files, sockets } = useOf(pid);
      return files <= before.files + 64 && sockets <= before.sockets;
    });
    expect(temporaryFiles().length).toBeLessThanOrEqual(64);
    // Each of the 50 has a piece on its way and the next one read, 64 uploads have a little, and V8 looks at what is left of them a few rounds later.
    expect(Math.max(...memoryBytes)).toBeLessThan(256 * MIB);
    // What twelve rounds leave is not what one leaves, twelve times: 50 clients send and are sent 180 MiB.
    expect(median(memoryBytes.slice(8)) - median(memoryBytes.slice(2, 6))).toBeLessThan(128 * MIB);
  }, 60_000);
});

describe("2,000 idle connections", () => {
  it("cost little, keep nobody from being answered, and are let go", async () => {
    const before = useOf(pid);
    const clients = await rawClients(2_000);
    expect(useOf(pid).sockets).toBe(before.sockets + 2_000);
    expect(useOf(pid).memoryBytes - before.memoryBytes).toBeLessThan(2_000 * 64 * 1024);
    expect(await longestWaitMs()).toBeLessThan(QUICK_MS);
    for (const { session } of clients) session.destroy();
    await eventually("they are closed", () => useOf(pid).sockets <= before.sockets);
  }, 60_000);
});

describe("200 slow connections", () => {
  /** Takes or gives a little every now and then, until it is told to stop. */
  function trickle(step: () => void): { stop(): void } {
    const timer = setInterval(step, 100);
    return { stop: () => clearInterval(timer) };
  }

  it("hold little, keep nobody from being answered, and go on as long as they move", async () => {
    const digest = await client.putStream("blake3", randomBytes(30 * MIB));
    const before = useOf(pid);
    const clients = await rawClients(200, { initialWindowSize: 65_535 });
    let ended = 0;
    const trickles = clients.map(({ post }, n) => {
      const isReader = n % 2 === 0;
      const stream = post(isReader ? hotMethods.byteStream.read.path : hotMethods.byteStream.write.path);
      stream.once("close", () => ended++);
      if (isReader) {
        stream.pause().end(readMessage(digest));
        return trickle(() => void stream.read(10_000));
      }
      stream.write(writeMessage(absent(n), randomBytes(1000)));
      stream.write(frame(Buffer.alloc(0), 4 * MIB));
      return trickle(() => void stream.write(randomBytes(100)));
    });
    const startedMs = performance.now();
    // Longer than they may be silent.
    while (performance.now() - startedMs < 8_000) expect(await longestWaitMs()).toBeLessThan(QUICK_MS);
    // A reader has a piece on its way and the next one read: half a MiB, and what V8 has not given back yet.
    expect(useOf(pid).memoryBytes - before.memoryBytes).toBeLessThan(250 * MIB);
    expect(ended).toBe(0);
    for (const each of trickles) each.stop();
    await eventually("those that do not move any more are ended", () => useOf(pid).files <= before.files);
    for (const { session } of clients) session.destroy();
    await eventually("nothing is held", () => useOf(pid).sockets <= before.sockets);
    expect(useOf(pid).files).toBe(before.files);
    expect(await longestWaitMs()).toBeLessThan(QUICK_MS);
  }, 60_000);
});

describe("one blob written by many at once", () => {
  it("is stored once, and acknowledged to each", async () => {
    const blob = randomBytes(8 * MIB);
    const before = useOf(pid);
    await using channels = await connect(grpc, { connections: 10 });
    const many = createCasClient(channels);
    const digests = await Promise.all(
      Array.from({ length: 60 }, (_, n) => many.putStream(n % 2 === 0 ? "sha256" : "blake3", blob)),
    );
    const read = await client.getStream(digests[0]!);
    expect(Buffer.compare(read!, blob)).toBe(0);
    expect(await client.findMissing([digests[1]!])).toEqual([]);
    const files = readdirSync(join(home.state, "files"), { recursive: true, encoding: "utf8" });
    expect(files.filter((name) => name.endsWith(digests[1]!.hash))).toHaveLength(1);
    expect(temporaryFiles()).toEqual([]);
    await eventually("no file stays open", () => useOf(pid).files <= before.files + 1);
    expect(useOf(pid).memoryBytes - before.memoryBytes).toBeLessThan(600 * MIB);
  }, 60_000);
});
