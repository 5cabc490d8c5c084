import { describe, expect, it } from "vitest";
import { createClientChannel } from "#src/nix/worker/client-channel.js";
import { ProtocolError } from "#src/nix/worker/wire/error.js";
import { WireReader } from "#src/nix/worker/wire/reader.js";
import { createSharedMemory } from "#src/nix/worker/wire/shared-memory.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";

const [ALL, SMALL] = [100_000, 5_000];

async function* once(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces;
}
const text = (sizeBytes: number): Buffer => new WireWriter().bytes(Buffer.alloc(sizeBytes)).take();

describe("the memory that clients share", () => {
  it("bounds their requests: when it is used up only small ones go on, until others have ended", async () => {
    const memory = createSharedMemory(ALL, SMALL);
    memory.take(ALL, ALL);
    const refused = new WireReader(once(text(1000), text(SMALL)), memory);
    expect((await refused.bytes("small")).byteLength).toBe(1000);
    await expect(refused.bytes("large")).rejects.toThrow(ProtocolError);
    await refused.close();
    memory.give(ALL);
    const reader = new WireReader(once(text(SMALL + 8)), memory);
    expect((await reader.bytes("large")).byteLength).toBe(SMALL + 8);
    await reader.close();
    // Nothing is left of it: as much as before can be held.
    expect(memory.take(ALL, ALL)).toBe(true);
    expect(memory.take(1, ALL + 1)).toBe(false);
  });

  it("counts what has come of a request, not what is announced", async () => {
    const memory = createSharedMemory(ALL, SMALL);
    memory.take(ALL - 100, SMALL);
    const reader = new WireReader(once(new WireWriter().number(60_000_000).take(), Buffer.alloc(50)), memory);
    await expect(reader.bytes("text")).rejects.toThrow("unexpected end-of-file");
    expect(memory.take(50, SMALL + 1)).toBe(true);
    expect(memory.take(1, SMALL + 1)).toBe(false);
  });

  it("bounds what waits for them: who does not read is given up when others wait as well", async () => {
    const memory = createSharedMemory(ALL, SMALL);
    const open = () => {
      const stuck = Promise.withResolvers<undefined>();
      const stream = { input: once(), write: () => stuck.promise, destroy: () => stuck.reject(new Error("destroyed")) };
      const channel = createClientChannel(stream, 1, memory);
      return {
        said() {
          channel.say("x".repeat(1_000));
          return !channel.gone.aborted;
        },
        isGone: () => channel.gone.aborted,
        end: () => stuck.resolve(undefined),
      };
    };
    const clients = Array.from({ length: 10 }, open);
    let rounds = 0;
    while (clients.every((client) => client.said())) rounds++;
    expect(rounds).toBeGreaterThan(8);
    expect(rounds).toBeLessThan(11);
    // The others go on when that one's memory is free again.
    await new Promise(setImmediate);
    const left = clients.filter((client) => !client.isGone());
    expect(left.length).toBe(9);
    expect(left.every((client) => client.said())).toBe(true);
    for (const client of clients) client.end();
    await new Promise(setImmediate);
    expect(memory.take(ALL, ALL)).toBe(true);
  });
});
