import { describe, expect, it } from "vitest";
import { ProtocolError } from "#src/nix/worker/wire/error.js";
import { ALL_REQUESTS_BYTES_MAX, SMALL_REQUEST_BYTES_MAX } from "#src/nix/worker/wire/limits.js";
import { WireReader } from "#src/nix/worker/wire/reader.js";
import { createRequestMemory } from "#src/nix/worker/wire/request-memory.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";

async function* once(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces;
}
const text = (sizeBytes: number): Buffer => new WireWriter().bytes(Buffer.alloc(sizeBytes)).take();

describe("the memory of requests", () => {
  it("is shared: when it is used up only small requests go on, until others have ended", async () => {
    const memory = createRequestMemory();
    memory.take(ALL_REQUESTS_BYTES_MAX, ALL_REQUESTS_BYTES_MAX);
    const large = SMALL_REQUEST_BYTES_MAX + 8;
    const refused = new WireReader(once(text(1000), text(large)), memory);
    expect((await refused.bytes("small")).byteLength).toBe(1000);
    await expect(refused.bytes("large")).rejects.toThrow(ProtocolError);
    await refused.close();
    memory.give(ALL_REQUESTS_BYTES_MAX);
    const reader = new WireReader(once(text(large)), memory);
    expect((await reader.bytes("large")).byteLength).toBe(large);
    await reader.close();
    // Nothing is left of it: as much as before can be held.
    memory.take(ALL_REQUESTS_BYTES_MAX, ALL_REQUESTS_BYTES_MAX);
    expect(() => memory.take(1, ALL_REQUESTS_BYTES_MAX + 1)).toThrow(ProtocolError);
  });

  it("counts what has come, not what is announced", async () => {
    const memory = createRequestMemory();
    memory.take(ALL_REQUESTS_BYTES_MAX - 100, SMALL_REQUEST_BYTES_MAX);
    const reader = new WireReader(once(new WireWriter().number(60_000_000).take(), Buffer.alloc(50)), memory);
    await expect(reader.bytes("text")).rejects.toThrow("unexpected end-of-file");
    expect(() => memory.take(50, SMALL_REQUEST_BYTES_MAX + 1)).not.toThrow();
    expect(() => memory.take(1, SMALL_REQUEST_BYTES_MAX + 1)).toThrow(ProtocolError);
  });
});
