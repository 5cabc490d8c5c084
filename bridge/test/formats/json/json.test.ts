import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  byteStringOf,
  formatDouble,
  JSON_DEPTH_MAX,
  JsonError,
  parseDerivation,
  parseJson,
  printJson,
  printStorePath,
  type ByteString,
  type JsonObject,
  type JsonValue,
} from "#src/formats/index.js";

const parse = (text: string): JsonValue => parseJson(Buffer.from(text, "utf8"));
const through = (text: string): string => Buffer.from(printJson(parse(text)), "latin1").toString("utf8");

describe("structured attributes", () => {
  it("are for the builder what Nix makes of them", () => {
    const fixtures = new URL("../../fixtures/json/", import.meta.url);
    const drv = parseDerivation("/nix/store", readFileSync(new URL("attrs.drv", fixtures)));
    const attrs = new Map(parseJson(drv.env.get(byteStringOf("__json"))!) as JsonObject);
    const outputs = new Map<ByteString, JsonValue>();
    for (const [name, output] of drv.outputs)
      if ("path" in output) outputs.set(byteStringOf(name), byteStringOf(printStorePath("/nix/store", output.path)));
    attrs.set(byteStringOf("outputs"), outputs);
    expect(printJson(attrs)).toBe(readFileSync(new URL("attrs.json", fixtures), "latin1"));
  });
});

describe("parseJson and printJson", () => {
  it.each([
    ["null", "null"],
    [" [ true , false ] ", "[true,false]"],
    ['{"b":1,"a":{}}', '{"a":{},"b":1}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"__proto__":1,"constructor":2,"10":3,"9":4}', '{"10":3,"9":4,"__proto__":1,"constructor":2}'],
    ['{"é":1,"z":2,"\u{10000}":3,"\uffff":4}', '{"z":2,"é":1,"\uffff":4,"\u{10000}":3}'],
    ["9223372036854775807", "9223372036854775807"],
    ["18446744073709551615", "18446744073709551615"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["18446744073709551616", "1.8446744073709552e+19"],
    ["-9223372036854775809", "-9.223372036854776e+18"],
    ["-0", "0"],
    ["1.50", "1.5"],
    ["2.0", "2.0"],
    ["1E2", "100.0"],
    [String.raw`"\u00e9\ud83d\ude00\/\u0000\u001f\b\f\n\r\t\"\\"`, '"é😀/\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\"'],
    ['"\u007f\u2028"', '"\u007f\u2028"'],
    ['["\\n","\\"",""]', '["\\n","\\"",""]'],
  ])("read %s and write %s", (text, expected) => {
    expect(through(text)).toBe(expected);
  });

  it("keep the text of a number that is no integer", () => {
    expect(parse("1.50")).toEqual({ type: "float", text: "1.50" });
    expect(parse("7")).toBe(7n);
  });

  it.each([
    ["nothing", ""],
    ["two values", "1 2"],
    ["a comma at the end", "[1,]"],
    ["a missing comma", "[1 2]"],
    ["a key that is no string", "{1:2}"],
    ["a missing value", '{"a":}'],
    ["a misspelt word", "nulL"],
    ["a leading zero", "01"],
    ["a plus sign", "+1"],
    ["a bare fraction", ".5"],
    ["an unfinished fraction", "1."],
    ["NaN", "NaN"],
    ["a number beyond doubles", "1e999"],
    ["a raw control character", '"\n"'],
    ["an unknown escape", String.raw`"\x"`],
    ["an inherited name as an escape", String.raw`"\toString`],
    ["an unfinished escape", String.raw`"\u12"`],
    ["a lone high surrogate", String.raw`"\ud83d"`],
    ["a lone low surrogate", String.raw`"\ude00"`],
    ["a high surrogate before something else", String.raw`"\ud83d\u0041"`],
    ["an unfinished string", '"a'],
    ["an unfinished list", "["],
    ["a comment", "/**/1"],
    ["a byte order mark", "\ufeff1"],
  ])("refuse %s", (_, text) => {
    expect(() => parse(text)).toThrow(JsonError);
  });

  it("refuse bytes that are not UTF-8, unless they are to be kept", () => {
    const bytes = Buffer.from('"\xc5\xc4"', "latin1");
    expect(() => parseJson(bytes)).toThrow(JsonError);
    const kept = parseJson(bytes, { invalidUtf8: "keep" });
    expect(() => printJson(kept)).toThrow(JsonError);
    expect(printJson(kept, { invalidUtf8: "keep" })).toBe('"\xc5\xc4"');
  });

  it("nest to a limit", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(through(nested(JSON_DEPTH_MAX + 1))).toBe(nested(JSON_DEPTH_MAX + 1));
    expect(() => parse(nested(JSON_DEPTH_MAX + 2))).toThrow("nested deeper");
    expect(() => parse("[".repeat(1_000_000))).toThrow(JsonError);
  });
});

describe("formatDouble", () => {
  // What nlohmann json prints: checked with Nix for those that its own printer does not round first.
  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-1.5, "-1.5"],
    [0.1, "0.1"],
    [123457000, "123457000.0"],
    [1e14, "100000000000000.0"],
    [1e15, "1e+15"],
    [123456789012345.6, "123456789012345.6"],
    [1e30, "1e+30"],
    [1.25e100, "1.25e+100"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [0.001234, "0.001234"],
    [1e-7, "1e-07"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
  ])("writes %d as %s", (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });
});
