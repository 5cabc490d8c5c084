import { describe, expect, it } from "vitest";
import { WireError, WireReader, WireWriter } from "#src/formats/wire/index.js";
import type { ByteString } from "#src/formats/index.js";

describe("the protobuf writer", () => {
  it("writes the examples of the protobuf documentation", () => {
    const writer = new WireWriter();
    writer.int64(1, 150);
    writer.text(2, "testing");
    writer.message(3, () => writer.int64(1, 150));
    expect(writer.finish().toString("hex")).toBe("0896011207" + Buffer.from("testing").toString("hex") + "1a03089601");
  });

  it.each([0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -(2 ** 31), -(2 ** 53 - 1)])(
    "writes %d so that it reads back",
    (value) => {
      const writer = new WireWriter();
      writer.int64(536_870_911, value);
      const reader = new WireReader(writer.finish());
      expect(reader.next()).toBe(value !== 0);
      if (value === 0) return;
      expect(reader.field).toBe(536_870_911);
      expect(reader.int64()).toBe(value);
      expect(reader.next()).toBe(false);
    },
  );

  it("moves the body of a message to make room for its length", () => {
    for (const size of [0, 1, 124, 125, 126, 127, 128, 16_383, 16_384, 2_097_152]) {
      const writer = new WireWriter();
      const body = "x".repeat(size) as ByteString;
      writer.message(1, () => writer.message(2, () => writer.presentByteString(3, body)));
      writer.bool(4, true);
      const reader = new WireReader(writer.finish());
      reader.next();
      const outer = reader.message();
      outer.next();
      const inner = outer.message();
      inner.next();
      expect(inner.byteString() === body).toBe(true);
      expect([inner.next(), outer.next(), reader.next(), reader.bool()]).toEqual([false, false, true, true]);
    }
  });
});

describe("the protobuf reader", () => {
  const field = (...bytes: number[]): WireReader => {
    const reader = new WireReader(Buffer.from(bytes));
    reader.next();
    return reader;
  };

  it("passes over fields of every type, groups too", () => {
    const reader = new WireReader(
      Buffer.from("0896011201611901020304050607081b13080114 1c2d01020304".replace(/ /g, ""), "hex"),
    );
    const fields = [];
    while (reader.next()) {
      fields.push(reader.field);
      reader.skip();
    }
    expect(fields).toEqual([1, 2, 3, 3, 5]);
  });

  it("refuses groups without end or nested too deep", () => {
    expect(() => field(0x0b).skip()).toThrow(WireError);
    expect(() => field(0x0c).skip()).toThrow(WireError);
    expect(() => field(0x0b, 0x14).skip()).toThrow(WireError);
    const nested = (depth: number): number[] => [
      ...Array<number>(depth).fill(0x0b),
      ...Array<number>(depth).fill(0x0c),
    ];
    expect(() => field(...nested(100)).skip()).not.toThrow();
    expect(() => field(...nested(101)).skip()).toThrow(WireError);
  });

  it("refuses field 0, lengths beyond the end, varints too long, and unknown wire types", () => {
    expect(() => field(0x00)).toThrow(WireError);
    expect(() => field(0x0a, 2, 1).bytes()).toThrow(WireError);
    expect(() => field(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).bytes()).toThrow(WireError);
    expect(() => field(0x08, ...Array<number>(10).fill(0xff)).int64()).toThrow(WireError);
    expect(() => field(0x0e).skip()).toThrow(WireError);
    expect(() => field(0x08, 1).bytes()).toThrow(WireError);
    expect(() => field(0x08)).not.toThrow();
    expect(() => field(0x08).bool()).toThrow(WireError);
  });

  it("does not let a nested message read beyond its end", () => {
    const inner = field(0x0a, 2, 0x0a, 5, 1, 2, 3, 4, 5).message();
    inner.next();
    expect(() => inner.bytes()).toThrow(WireError);
  });
});
