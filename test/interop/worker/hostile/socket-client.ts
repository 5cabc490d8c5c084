import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { readFile } from "node:fs/promises";

/** What a daemon does not do in this time it will never do. */
const DEADLINE_MS = 30_000;

export async function connectTo(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, "connect");
  // A daemon that has had enough hangs up while more is being sent.
  socket.on("error", () => undefined);
  return socket;
}

/** Says all of it, hangs up, and hears the daemon out. @throws Error if it does not end. */
export async function converse(path: string, bytes: Uint8Array): Promise<Buffer> {
  const socket = await connectTo(path);
  return await heardOut(socket, bytes);
}

export async function heardOut(socket: Socket, bytes: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  const { promise: isClosed, resolve, reject } = Promise.withResolvers<undefined>();
  socket.on("close", () => resolve(undefined));
  const timer = setTimeout(() => {
    reject(new Error(`the daemon has not hung up in ${String(DEADLINE_MS / 1000)} s`));
    socket.destroy();
  }, DEADLINE_MS);
  socket.end(bytes);
  try {
    await isClosed;
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces);
}

/** Runs a task for each item, some at a time. */
export async function inParallel<T>(items: Iterable<T>, task: (item: T) => Promise<void>, atOnce = 8): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await task(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** Bytes of memory that a process has in RAM: now, and at most so far. */
export async function memoryOf(pid: number): Promise<{ readonly nowBytes: number; readonly peakBytes: number }> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8");
  const field = (name: string): number => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)![1]);
  return { nowBytes: field("VmRSS"), peakBytes: field("VmHWM") };
}
