import { describe, expect, it } from "vitest";
import { dumpJson, parseJson } from "#src/coordinator/derivation-options/index.js";
import { byteStringOf, textOf, type ByteString } from "#src/formats/index.js";

const roundTrip = (text: string): string => textOf(dumpJson(parseJson(byteStringOf(text))));

describe("JSON as Nix writes it", () => {
  it.each([
    ['{ "b" : [1, 2 ,null], "a":{}, "B":true }', '{"B":true,"a":{},"b":[1,2,null]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    [
      String.raw`"\u00e9\ud83d\ude00\/\u007f\u0001\b\f\n\r\t\"\\"`,
      String.raw`"é😀/` + "\u007f" + String.raw`\u0001\b\f\n\r\t\"\\"`,
    ],
    ['{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}'],
    ["[]", "[]"],
    ['""', '""'],
  ])("%s", (text, expected) => {
    expect(roundTrip(text)).toBe(expected);
  });

  // Checked with nlohmann::json 3.11 through Nix 2.8 (`fixtures/structured`), and its to_chars.hpp.
  it.each([
    ["-0", "0"],
    ["12345678901", "12345678901"],
    ["18446744073709551615", "18446744073709551615"],
    ["18446744073709551616", "1.8446744073709552e+19"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["2.0", "2.0"],
    ["-0.0", "-0.0"],
    ["0.10", "0.1"],
    ["1e2", "100.0"],
    ["123456789012345.6", "123456789012345.6"],
    ["1e14", "100000000000000.0"],
    ["1e15", "1e+15"],
    ["1.5e15", "1.5e+15"],
    ["0.0001", "0.0001"],
    ["0.00001", "1e-05"],
    ["1.25e-300", "1.25e-300"],
    ["-1e300", "-1e+300"],
  ])("the number %s is written %s", (text, expected) => {
    expect(roundTrip(text)).toBe(expected);
  });

  it.each([
    ["", 0],
    ["{", 1],
    ['{"a"}', 4],
    ["[1,]", 3],
    ["[1 2]", 3],
    ["01", 1],
    ["tru", 0],
    ['"a', 2],
    ['"\n"', 1],
    [String.raw`"\x"`, 3],
    [String.raw`"\ud800"`, 7],
    ["1 1", 2],
    ["+1", 0],
    [".5", 0],
    ["{1:2}", 1],
  ])("%j is refused at byte %i", (text, offset) => {
    expect(() => parseJson(byteStringOf(text))).toThrow(
      expect.objectContaining({ name: "JsonError", offset }) as Error,
    );
  });

  it("bytes that are not UTF-8 are refused", () => {
    expect(() => parseJson('"\xff"' as ByteString)).toThrow("invalid UTF-8");
  });

  it("a thousand levels are read, one more is refused", () => {
    const nested = (depth: number): ByteString => ("[".repeat(depth) + "]".repeat(depth)) as ByteString;
    expect(roundTrip(nested(1001))).toBe(nested(1001));
    expect(() => parseJson(nested(1002))).toThrow("nested too deeply");
  });
});
