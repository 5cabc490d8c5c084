import { describe, expect, it } from "vitest";
import { MessageReader, framed } from "#src/grpc/http2/message-reader.js";
import { Code } from "#src/status/index.js";

const join = (message: Uint8Array): Buffer => Buffer.concat(framed(message));

describe("messages on a stream", () => {
  it.each([0, 1, 5, 16_384, 16_385, 70_000])("of %d bytes come back whole, however the stream is cut", (sizeBytes) => {
    const message = Buffer.from(Array.from({ length: sizeBytes }, (_, i) => 32 + ((i * i) % 95)));
    const stream = Buffer.concat([join(message), join(Buffer.from("next")), join(Buffer.alloc(0))]);
    for (const step of [1, 3, 5, 6, 1000, 16_384, stream.length].filter((n) => stream.length / n < 20_000)) {
      const reader = new MessageReader(100_000);
      const found: Buffer[] = [];
      for (let at = 0; at < stream.length; at += step) found.push(...reader.push(stream.subarray(at, at + step)));
      expect(found.map(String)).toEqual([String(message), "next", ""]);
      expect(reader.isInside).toBe(false);
    }
  });

  it("take little more memory than their bytes, a byte at a time", () => {
    const message = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * i) % 251));
    const stream = join(message);
    const reader = new MessageReader(message.byteLength);
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < stream.length - 1; at++) reader.push(stream.subarray(at, at + 1));
    // A hundred bytes for each piece would be 100 MB; what was let go may still be counted.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
    expect(Buffer.compare(reader.push(stream.subarray(-1))[0]!, message)).toBe(0);
  });

  it("may be as large as the limit, and one byte more is refused before it has come", () => {
    expect(new MessageReader(10).push(join(Buffer.alloc(10)))).toHaveLength(1);
    const head = join(Buffer.alloc(11)).subarray(0, 5);
    expect(() => new MessageReader(10).push(head)).toThrow(expect.objectContaining({ code: Code.ResourceExhausted }));
  });

  it("are refused when they are compressed", () => {
    const bytes = join(Buffer.from("x"));
    bytes[0] = 1;
    expect(() => new MessageReader(10).push(bytes)).toThrow(expect.objectContaining({ code: Code.Unimplemented }));
  });

  it("know when one is cut off", () => {
    const reader = new MessageReader(10);
    reader.push(join(Buffer.from("abc")).subarray(0, 6));
    expect(reader.isInside).toBe(true);
  });
});

describe("the pieces of a message", () => {
  it.each([
    [[0], 1],
    [[100], 1],
    [[100, 200], 1],
    [[10, 20_000], 2],
    [[20_000], 2],
    [[20_000, 10], 3],
  ])("of parts of %j bytes are %d", (sizes, count) => {
    const parts = sizes.map((size, i) => Buffer.alloc(size, i + 1));
    const pieces = framed(...parts);
    expect(pieces).toHaveLength(count);
    expect(new MessageReader(100_000).push(Buffer.concat(pieces))).toEqual([Buffer.concat(parts)]);
  });

  it("of no parts are an empty message", () => {
    expect(new MessageReader(10).push(Buffer.concat(framed()))).toEqual([Buffer.alloc(0)]);
  });
});
