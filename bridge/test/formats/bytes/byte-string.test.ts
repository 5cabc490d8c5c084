import { describe, expect, it } from "vitest";
import { byteStringFrom, byteStringOf, bytesOf, compareBytes, displayOf, isUtf8, textOf } from "#src/formats/index.js";

const latin1 = byteStringFrom(Uint8Array.of(0xc5, 0xc4, 0xd6));

describe("byte strings", () => {
  it("keep every byte", () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(new Uint8Array(bytesOf(byteStringFrom(all)))).toEqual(all);
  });

  it("hold texts as UTF-8", () => {
    expect([...bytesOf(byteStringOf("ä€😀"))]).toEqual([...Buffer.from("ä€😀")]);
    expect(textOf(byteStringOf("ä€😀"))).toBe("ä€😀");
    expect(textOf(byteStringOf("\ufeffx"))).toBe("\ufeffx");
  });

  it("know what is no text", () => {
    expect(isUtf8(latin1)).toBe(false);
    expect(() => textOf(latin1)).toThrow(TypeError);
    expect(displayOf(latin1)).toBe("\ufffd\ufffd\ufffd");
  });

  it("are ordered by bytes, not by UTF-16 units", () => {
    const names = ["\u{10000}", "\uffff", "a"].map(byteStringOf);
    const expected = [...names].sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
    expect([...names].sort(compareBytes)).toEqual(expected);
    expect(["\u{10000}", "\uffff"].sort()).not.toEqual(["\uffff", "\u{10000}"]);
  });
});
