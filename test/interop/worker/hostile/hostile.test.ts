import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../../suites/bytes.ts";
import { VALUES } from "../../cli/session.ts";
import { CAUSEWAY } from "../../nix/create-causeway-builder.ts";
import { outputOf } from "../../nix/run-program.ts";
import { openWorkerSession, type WorkerSession } from "../worker-session.ts";
import { startDaemon, type RunningDaemon } from "../start-daemon.ts";
import { requests } from "./requests.ts";
import { connectTo, converse, heardOut, inParallel, memoryOf } from "./socket-client.ts";
import {
  addMultipleToStore,
  addToStoreNar,
  HELLO,
  nar,
  STDERR_ERROR,
  STDERR_LAST,
  str,
  strs,
  u64,
  type Tree,
} from "./wire.ts";

const TIMEOUT_MS = 300_000;
const SEED = Number(process.env["SEED"] ?? "1");
const MIB = 1024 * 1024;
/** What a daemon needs, what it may hold for all clients together, and garbage that was not collected yet. */
const MEMORY_BYTES_MAX = 1300 * MIB;

let session: WorkerSession;
let daemon: RunningDaemon;
/** Of those who are trusted, and of everybody else. */
let sockets: { readonly owner: string; readonly everybody: string };
beforeAll(async () => {
  session = await openWorkerSession();
  const everybody = join(session.home, "public.sock");
  daemon = await startDaemon(session, "--public-socket", everybody);
  sockets = { owner: new URL(daemon.url).pathname, everybody };
}, TIMEOUT_MS);
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await session[Symbol.asyncDispose]();
}, TIMEOUT_MS);
afterEach(async () => {
  // It serves the next client, and has nothing that it should not have.
  const listed = await session.client("nix", "path-info", "--all", "--store", daemon.url);
  expect(listed.exit).toBe(0);
  // What follows from its contents anybody may bring. These do not.
  expect(listed.stdout).not.toMatch(/\/(1{32}|2{32})-/);
  const verified = await session.client("nix-store", "--verify", "--check-contents", "--store", daemon.url);
  expect(verified.exit).toBe(0);
  expect(await readdir(join(session.state, "tmp"))).toEqual([]);
  expect((await memoryOf(daemon.pid)).peakBytes).toBeLessThan(MEMORY_BYTES_MAX);
}, TIMEOUT_MS);

const PATH = `/nix/store/${"2".repeat(32)}-evil`;
const isValid = Buffer.concat([u64(1), str(PATH)]);
/** It said no, and went on. */
const refusal = (sent: Buffer): string | undefined => {
  const at = sent.indexOf(STDERR_ERROR);
  const isAnswered = sent.subarray(-16).equals(Buffer.concat([STDERR_LAST, u64(0)]));
  return at >= 0 && isAnswered ? sent.toString("latin1", at + 8) : undefined;
};

describe("a daemon, of a hostile client", { timeout: TIMEOUT_MS }, () => {
  it("ends a greeting that is cut off anywhere, or is none", async () => {
    const sizes = Array.from({ length: HELLO.byteLength }, (_, size) => size);
    await inParallel(sizes, async (size) => {
      const sent = await converse(sockets.everybody, HELLO.subarray(0, size));
      expect(sent.includes(STDERR_LAST)).toBe(false);
    });
    await inParallel(
      sizes.filter((size) => size % 8 === 0),
      async (at) => {
        for (const value of [1n << 63n, (1n << 64n) - 1n, 1n << 30n, 0n, 255n]) {
          const changed = Buffer.from(HELLO);
          changed.writeBigUInt64LE(value, at);
          await converse(sockets.everybody, changed);
        }
      },
    );
    for (const bytes of [Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Buffer.alloc(MIB, 0xff)])
      expect((await converse(sockets.everybody, bytes)).includes(STDERR_LAST)).toBe(false);
  });

  it.each(requests)("is told what is cut off anywhere in %s, and does nothing", async (_, request) => {
    const sizes = Array.from({ length: request.byteLength - 1 }, (__, i) => i + 1);
    await inParallel(sizes, async (size) => {
      const sent = await converse(sockets.owner, Buffer.concat([HELLO, request.subarray(0, size)]));
      expect(sent.includes(STDERR_ERROR), `cut at ${String(size)}`).toBe(true);
    });
  });

  it.each(requests)("is refused numbers and lengths beyond measure anywhere in %s", async (_, request) => {
    const places = Array.from({ length: request.byteLength / 8 }, (__, i) => 8 * i);
    await inParallel(places, async (at) => {
      for (const value of [1n << 63n, (1n << 64n) - 8n, 1n << 30n, 1_000_001n]) {
        const changed = Buffer.from(request);
        changed.writeBigUInt64LE(value, at);
        await converse(sockets.everybody, Buffer.concat([HELLO, changed]));
      }
    });
  });

  it(`survives requests with random bytes in them (SEED=${String(SEED)})`, async () => {
    const random = createRandom(SEED);
    const changed = Array.from({ length: 1_500 }, () => {
      const bytes = Buffer.from(requests[random(requests.length)]![1]);
      for (let n = 1 + random(3); n > 0; n--) bytes[random(bytes.byteLength)] = random(256);
      return bytes;
    });
    await inParallel(changed, async (bytes) => {
      await converse(sockets.everybody, Buffer.concat([HELLO, bytes]));
    });
  });

  it.each([
    ["another hash", { nar: nar("1"), narHash: "0".repeat(64) }, /hash mismatch importing path/],
    ["another size", { nar: nar("1"), narSize: nar("1").byteLength + 8 }, /mismatch importing path|end-of-file|bytes/],
    ["no size", { nar: nar("1"), narSize: 0 }, /size mismatch importing path/],
    ["a content address that is another's", { nar: nar("1"), ca: `fixed:r:sha256:${"0".repeat(52)}` }, /isn't/],
    ["references that are not valid", { nar: nar("1"), references: [`/nix/store/${"3".repeat(32)}-x`] }, /not valid/],
  ] as const)("takes no archive with %s", async (_, info, words) => {
    const one = addToStoreNar({ path: PATH, ...info });
    expect(refusal(await converse(sockets.owner, Buffer.concat([HELLO, one, isValid])))).toMatch(words);
    const sent = await converse(sockets.owner, Buffer.concat([HELLO, addMultipleToStore([{ path: PATH, ...info }])]));
    expect(sent.toString("latin1", sent.indexOf(STDERR_ERROR))).toMatch(words);
  });

  it.each<[string, Tree]>([
    ["..", [["..", "x"]]],
    [".", [[".", "x"]]],
    ["a/b", [["a/b", "x"]]],
    ["../../etc/passwd", [["../../etc/passwd", "x"]]],
    ["/etc/passwd", [["/etc/passwd", "x"]]],
    ["nothing", [["", "x"]]],
    ["a zero", [["a\0b", "x"]]],
    ["a name that is too long", [["n".repeat(256), "x"]]],
    ["a name twice", [["a", "x"], ["a", "y"]]], // prettier-ignore
    ["names out of order", [["b", "x"], ["a", "y"]]], // prettier-ignore
    ["a name out of the tree further down", [["a", [["..", "x"]]]]],
  ])("takes no archive with %s in it", async (_, tree) => {
    const bytes = nar(tree);
    for (const request of [
      addToStoreNar({ path: PATH, nar: bytes }),
      Buffer.concat([
        u64(7),
        str("evil"),
        str("fixed:r:sha256"),
        strs([]),
        u64(0),
        u64(bytes.byteLength),
        bytes,
        u64(0),
      ]),
    ])
      expect(refusal(await converse(sockets.owner, Buffer.concat([HELLO, request, isValid])))).toBeDefined();
    const many = await converse(
      sockets.owner,
      Buffer.concat([HELLO, addMultipleToStore([{ path: PATH, nar: bytes }])]),
    );
    expect(many.includes(STDERR_ERROR)).toBe(true);
  });

  it.each([
    ["an archive that nothing proves", addToStoreNar({ path: PATH, nar: nar("1") })],
    ["one with a signature of nobody", addToStoreNar({ path: PATH, nar: nar("1"), signatures: ["k:c2ln"] }, false)],
    ["many such archives", addMultipleToStore([{ path: PATH, nar: nar("1") }])],
    ["signatures", Buffer.concat([u64(37), str(PATH), strs(["key:c2ln"])])],
    ["a log", Buffer.concat([u64(45), str(`${"0".repeat(32)}-x.drv`), u64(3), Buffer.from("log"), u64(0)])],
    ["a realisation", requests.find(([name]) => name === "RegisterDrvOutput")![1]],
    ["a link that keeps a path", Buffer.concat([u64(47), str(PATH), str("/tmp/causeway-hostile")])],
    ["a repair", Buffer.concat([u64(9), strs([]), u64(1)])],
    ["a derivation without its file", requests.find(([name]) => name === "BuildDerivation")![1]],
  ])("takes %s from nobody in particular", async (_, request) => {
    const words = refusal(await converse(sockets.everybody, Buffer.concat([HELLO, request, isValid])));
    expect(words).toMatch(/lacks a signature|privileged|not allowed|cannot register realisation/);
  });

  it("is forgotten when it vanishes in the middle of an upload", async () => {
    const large = nar([["large", "x".repeat(8 * MIB)]]);
    const upload = Buffer.concat([HELLO, addToStoreNar({ path: PATH, nar: large })]);
    await inParallel(Array.from({ length: 24 }, (_, i) => i), async (i) => {
      const socket = await connectTo(sockets.owner);
      const isSent = new Promise((resolve) => socket.write(upload.subarray(0, ((i + 1) * upload.byteLength) / 25), resolve));
      await isSent;
      socket.destroy();
    }); // prettier-ignore
    // Once it serves nobody, all that they have left is gone.
    await converse(sockets.owner, HELLO);
  });

  it("is held to a bound in memory, with all others together", async () => {
    // As much as one string may be, less a little: it seems to be on its way.
    const text = Buffer.alloc(60 * MIB, "x");
    const begin = Buffer.concat([HELLO, u64(8), str("text"), u64(64 * MIB)]);
    const stuck = await Promise.all(Array.from({ length: 40 }, () => connectTo(sockets.everybody)));
    const ends = stuck.map(async (socket) => {
      socket.resume();
      socket.write(begin);
      await new Promise((resolve) => socket.write(text, resolve));
    });
    await Promise.all(ends);
    expect((await memoryOf(daemon.pid)).peakBytes).toBeLessThan(MEMORY_BYTES_MAX);
    // Others are served meanwhile.
    expect(await session.client("nix", "store", "ping", "--store", daemon.url)).toMatchObject({ exit: 0 });
    for (const socket of stuck) socket.destroy();
    // Names without end.
    const names = Buffer.concat(Array.from({ length: 64 * 1024 }, () => str("n".repeat(4000))));
    const list = Buffer.concat([HELLO, u64(31), u64(1_000_000), names, names]);
    await inParallel([1, 2, 3], async () => {
      await converse(sockets.everybody, list);
    });
  });

  it("is given up, with its build, when it does not read", async () => {
    const words = ["-A", "loud", "--store", daemon.url] as const;
    const drv = outputOf(["nix-instantiate"], await session.client("nix-instantiate", VALUES, ...words)).trim();
    const socket = await connectTo(sockets.owner);
    socket.pause();
    socket.write(Buffer.concat([HELLO, u64(9), strs([`${drv}!out`]), u64(0)]));
    const work = join(session.state, "work");
    const running = async (): Promise<number> => {
      const names = existsSync(work) ? await readdir(work) : [];
      return names.filter((name) => name !== "dev" && !name.startsWith("slot-")).length;
    };
    while ((await running()) === 0) await sleep(20);
    while ((await running()) > 0) await sleep(20);
    socket.destroy();
    const gone = await session.client("nix-store", "--gc", "--store", daemon.url);
    expect(gone.exit).toBe(0);
  });

  it("is told the same through causeway stdio", async () => {
    await inParallel(requests, async ([name, request]) => {
      for (const size of [request.byteLength >> 1, request.byteLength - 1]) {
        const child = spawn(CAUSEWAY, ["stdio", "--state", session.state], { stdio: ["pipe", "pipe", "inherit"] });
        const pieces: Buffer[] = [];
        child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
        child.stdin.on("error", () => undefined);
        child.stdin.end(Buffer.concat([HELLO, request.subarray(0, size)]));
        const [code] = (await once(child, "close")) as [number | null];
        expect(code, name).toBe(0);
        expect(Buffer.concat(pieces).includes(STDERR_ERROR), name).toBe(true);
      }
    });
  });

  it("does not wait for the end of one that goes on sending", async () => {
    const socket = await connectTo(sockets.everybody);
    // Refused at once, although the client neither hangs up nor reads.
    const bytes = Buffer.concat([HELLO, u64(31), u64(1n << 62n), Buffer.alloc(32 * MIB)]);
    await heardOut(socket, bytes);
  });
});
