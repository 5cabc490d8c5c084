import { describe, expect, it } from "vitest";
import {
  AtermError,
  byteStringOf,
  DERIVATION_BYTES_MAX,
  DYNAMIC_DEPTH_MAX,
  parseDerivation,
  parseStorePath,
  printDerivation,
} from "#src/formats/index.js";

const storeDir = "/nix/store";
const h = "0".repeat(32);
const hex = "ab".repeat(32);
const parse = (text: string) => parseDerivation(storeDir, Buffer.from(text, "latin1"));
const print = (text: string): string => Buffer.from(printDerivation(storeDir, parse(text))).toString("latin1");

/** A derivation with some of its parts replaced. */
function drv(parts: Partial<Record<"outputs" | "inputs" | "srcs" | "platform" | "builder" | "args" | "env", string>>) {
  const { outputs = `("out","","","")`, inputs = "", srcs = "", platform = '"p"', builder = '"b"' } = parts;
  return `Derive([${outputs}],[${inputs}],[${srcs}],${platform},${builder},[${parts.args ?? ""}],[${parts.env ?? ""}])`;
}

const versioned = (inputs: string): string => drv({ inputs }).replace("Derive(", 'DrvWithVersion("xp-dyn-drv",');

describe("every kind of output", () => {
  it.each([
    ["input-addressed", `("out","/nix/store/${h}-a","","")`],
    ["fixed", `("out","/nix/store/${h}-a","sha256","${hex}")`],
    ["fixed", `("out","/nix/store/${h}-a","r:sha256","${hex}")`],
    ["fixed", `("out","/nix/store/${h}-a","text:sha256","${hex}")`],
    ["fixed", `("out","/nix/store/${h}-a","git:sha256","${hex}")`],
    ["fixed", `("out","/nix/store/${h}-a","md5","${hex.slice(0, 32)}")`],
    ["fixed", `("out","/nix/store/${h}-a","sha512","${hex}${hex}")`],
    ["fixed", `("out","/nix/store/${h}-a","r:blake3","${hex}")`],
    ["floating", `("out","","r:sha256","")`],
    ["floating", `("out","","text:sha256","")`],
    ["impure", `("out","","r:sha256","impure")`],
    ["deferred", `("out","","","")`],
  ])("%s comes back: %s", (type, outputs) => {
    const text = drv({ outputs });
    expect(parse(text).outputs.get("out")?.type).toBe(type);
    expect(print(text)).toBe(text);
  });

  it.each([
    ["a hash without an algorithm", `("out","/nix/store/${h}-a","","${hex}")`],
    ["a floating output with a path", `("out","/nix/store/${h}-a","r:sha256","")`],
    ["an impure output with a path", `("out","/nix/store/${h}-a","r:sha256","impure")`],
    ["a fixed output without a path", `("out","","r:sha256","${hex}")`],
    ["an unknown method", `("out","/nix/store/${h}-a","x:sha256","${hex}")`],
    ["an unknown algorithm", `("out","/nix/store/${h}-a","sha257","${hex}")`],
    ["an upper-case hash", `("out","/nix/store/${h}-a","sha256","${hex.toUpperCase()}")`],
    ["a hash in another base", `("out","/nix/store/${h}-a","sha256","${"0".repeat(52)}")`],
    ["a path elsewhere", `("out","/tmp/${h}-a","","")`],
    ["a path that is not canonical", `("out","/nix//store/${h}-a","","")`],
    ["a name that no path can have", `("a b","","","")`],
    ["an empty name", `("","","","")`],
    ["outputs out of order", `("out","","",""),("dev","","","")`],
    ["one output twice", `("out","","",""),("out","","","")`],
    ["no output", ""],
  ])("refuses %s", (_, outputs) => {
    expect(() => parse(drv({ outputs }))).toThrow(AtermError);
  });
});

describe("strings", () => {
  it("are bytes with five escapes", () => {
    const text = drv({
      args: String.raw`"\"\\\n\r\t","a\\\\\"b","\\n",""`,
      env: String.raw`("k\"\\","\x01")`.replace("\\x01", "\x01\xff"),
    });
    const parsed = parse(text);
    expect(parsed.args).toEqual(['"\\\n\r\t', 'a\\\\"b', "\\n", ""]);
    expect([...parsed.env]).toEqual([['k"\\', "\x01\xff"]]);
    expect(print(text)).toBe(text);
  });

  it.each([
    ["an unknown escape", String.raw`"\x"`],
    ["an unknown escape after an escaped backslash", String.raw`"\\\x"`],
    ["a raw line feed", '"\n"'],
    ["a raw tab", '"\t"'],
    ["a raw carriage return", '"\r"'],
    ["no end", '"'],
    ["an end that is escaped", String.raw`"\"`],
  ])("refuses %s", (_, args) => {
    expect(() => parse(drv({ args }))).toThrow(AtermError);
  });

  it("that Nix does not escape have nothing to escape", () => {
    expect(() => parse(drv({ platform: String.raw`"a\\b"` }))).toThrow(AtermError);
    const parsed = parse(drv({}));
    expect(() => printDerivation(storeDir, { ...parsed, platform: byteStringOf('a"b') })).toThrow(AtermError);
  });
});

describe("the form", () => {
  it("has nothing else in it", () => {
    const whole = drv({ env: '("a","b")' });
    expect(() => parse(whole)).not.toThrow();
    for (let end = 0; end < whole.length; end++) expect(() => parse(whole.slice(0, end)), `${end}`).toThrow(AtermError);
    for (const text of [
      `${whole}\n`,
      ` ${whole}`,
      whole.replace(",", ", "),
      whole.replace("[]", "[,]"),
      `${whole}${whole}`,
    ])
      expect(() => parse(text), text).toThrow(AtermError);
  });

  it.each([
    ["input sources out of order", { srcs: `"/nix/store/${h}-b","/nix/store/${h}-a"` }],
    ["an input source twice", { srcs: `"/nix/store/${h}-a","/nix/store/${h}-a"` }],
    ["an input that is no derivation", { inputs: `("/nix/store/${h}-a",["out"])` }],
    ["an input of which nothing is wanted", { inputs: `("/nix/store/${h}-a.drv",[])` }],
    ["wanted outputs out of order", { inputs: `("/nix/store/${h}-a.drv",["out","dev"])` }],
    ["an input twice", { inputs: `("/nix/store/${h}-a.drv",["out"]),("/nix/store/${h}-a.drv",["out"])` }],
    ["environment variables out of order", { env: '("b",""),("a","")' }],
    ["an environment variable twice", { env: '("a",""),("a","")' }],
    ["a dynamic input in the plain version", { inputs: `("/nix/store/${h}-a.drv",(["out"],[("out",["x"])]))` }],
  ])("refuses %s", (_, parts) => {
    expect(() => parse(drv(parts))).toThrow(AtermError);
  });

  it("says where it is at fault", () => {
    const text = drv({ env: '("b",""),("a","")' });
    expect(() => parse(text)).toThrow(expect.objectContaining({ offset: text.indexOf('("a"') }) as Error);
  });

  it("is of limited size", () => {
    expect(() => parseDerivation(storeDir, new Uint8Array(DERIVATION_BYTES_MAX + 1))).toThrow("is larger than");
  });
});

describe("dynamic inputs", () => {
  const input = (node: string): string => `("/nix/store/${h}-a.drv",${node})`;
  const nested = (levels: number): string => (levels === 0 ? '["x"]' : `([],[("out",${nested(levels - 1)})])`);

  it("come back", () => {
    const text = versioned(`${input('(["dev"],[("out",["x","y"])])')},("/nix/store/${h}-b.drv",["out"])`);
    const parsed = parse(text).inputDrvs.get(parseStorePath(`${h}-a.drv`));
    expect(parsed?.outputs).toEqual(["dev"]);
    expect(parsed?.dynamic.get("out")?.outputs).toEqual(["x", "y"]);
    expect(print(text)).toBe(text);
  });

  it.each([
    ["another version", versioned(input(nested(1))).replace("xp-dyn-drv", "xp-other")],
    ["the version where nothing is dynamic", versioned(input('["out"]'))],
    ["an empty dynamic list", versioned(input('(["out"],[])'))],
    ["an inner list out of order", versioned(input('(["out"],[("b",["x"]),("a",["x"])])'))],
    ["an inner input of which nothing is wanted", versioned(input('(["out"],[("b",[])])'))],
  ])("refuse %s", (_, text) => {
    expect(() => parse(text)).toThrow(AtermError);
  });

  it("nest to a limit", () => {
    const deepest = versioned(input(nested(DYNAMIC_DEPTH_MAX)));
    expect(print(deepest)).toBe(deepest);
    expect(() => parse(versioned(input(nested(DYNAMIC_DEPTH_MAX + 1))))).toThrow("nested deeper");
    expect(() => parse(versioned(input(nested(5000))))).toThrow(AtermError);
  });
});
