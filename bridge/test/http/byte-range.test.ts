import { describe, expect, it } from "vitest";
import { parseByteRange } from "#src/http/index.js";

describe("a range of bytes", () => {
  it.each([
    ["bytes=0-0", { from: 0, to: 1 }],
    ["bytes=2-5", { from: 2, to: 6 }],
    ["bytes=2-", { from: 2, to: 10 }],
    ["bytes=2-99", { from: 2, to: 10 }],
    ["bytes=-3", { from: 7, to: 10 }],
    ["bytes=-99", { from: 0, to: 10 }],
    [" bytes=9-9 ", { from: 9, to: 10 }],
  ])("of ten is read from %s", (header, range) => {
    expect(parseByteRange(header, 10)).toEqual(range);
  });

  it.each(["bytes=10-", "bytes=10-11", "bytes=-0"])("that lies behind the end is told: %s", (header) => {
    expect(parseByteRange(header, 10)).toBe("unsatisfiable");
  });

  it("of an empty body is never to be had", () => {
    expect(parseByteRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(parseByteRange("bytes=-1", 0)).toBe("unsatisfiable");
  });

  it.each([undefined, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=1"])(
    "that is none, or more than one, is the whole: %s",
    (header) => {
      expect(parseByteRange(header, 10)).toBeUndefined();
    },
  );
});
