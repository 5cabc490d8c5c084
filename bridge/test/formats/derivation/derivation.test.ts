import { describe, expect, it } from "vitest";
import {
  byteStringOf,
  DerivationError,
  derivationFromJson,
  derivationsFromJson,
  derivationsToJson,
  derivationTypeOf,
  downstreamPlaceholder,
  dynamicPlaceholder,
  hashModulo,
  isFixedOutput,
  isSandboxed,
  needsResolving,
  parseDerivation,
  parseJson,
  parseStorePath,
  printJson,
  resolveDerivation,
  type Derivation,
  type DerivationOutput,
  type ModuloContext,
  type StorePath,
} from "#src/formats/index.js";

const storeDir = "/nix/store";
const h = "0".repeat(32);
const path = (name: string): StorePath => parseStorePath(`${h}-${name}`);

function drv(outputs: Record<string, DerivationOutput>, inputs: readonly StorePath[] = []): Derivation {
  return {
    outputs: new Map(Object.entries(outputs)),
    inputDrvs: new Map(inputs.map((input) => [input, { outputs: ["out"], dynamic: new Map() }])),
    inputSrcs: [],
    platform: byteStringOf("x86_64-linux"),
    builder: byteStringOf("/bin/sh"),
    args: [],
    env: new Map([[byteStringOf("out"), byteStringOf("")]]),
  };
}

const known: DerivationOutput = { type: "input-addressed", path: path("a") };
const fixed: DerivationOutput = {
  type: "fixed",
  path: path("a"),
  ca: { method: "flat", hash: { algorithm: "sha256", hex: "00".repeat(32) } },
};
const floating = { type: "floating", method: "nar", algorithm: "sha256" } as const;

describe("the kind of a derivation", () => {
  it("is that of all its outputs", () => {
    expect(derivationTypeOf(drv({ out: known, dev: known }))).toBe("input-addressed");
    expect(isFixedOutput(drv({ out: fixed }))).toBe(true);
    expect(isSandboxed(drv({ out: fixed }))).toBe(false);
    expect(isSandboxed(drv({ out: floating, dev: floating }))).toBe(true);
  });

  it.each([
    ["no output", {}],
    ["two kinds", { out: known, dev: floating }],
    ["two fixed outputs", { out: fixed, dev: fixed }],
    ["a fixed output of another name", { dev: fixed }],
    ["floating outputs of two algorithms", { out: floating, dev: { ...floating, algorithm: "sha1" } }],
  ] as [string, Record<string, DerivationOutput>][])("does not exist for %s", (_, outputs) => {
    expect(() => derivationTypeOf(drv(outputs))).toThrow(DerivationError);
  });

  it("decides whether it is resolved first", () => {
    expect(needsResolving(drv({ out: { type: "deferred" } }, [path("b.drv")]))).toBe(true);
    expect(needsResolving(drv({ out: floating }))).toBe(false);
    expect(needsResolving(drv({ out: known }, [path("b.drv")]))).toBe(false);
  });
});

describe("hashModulo", () => {
  const contextOf = (load: ModuloContext["load"]): ModuloContext => ({ storeDir, load, memo: new Map() });
  const numberOf = (drvPath: StorePath): number => Number(/n(\d+)\.drv$/.exec(drvPath)![1]);

  it("loads each derivation once, in a chain deeper than the stack", () => {
    let loads = 0;
    const context = contextOf((drvPath) => {
      loads++;
      const n = numberOf(drvPath);
      return drv({ out: known }, n === 0 ? [] : [path(`n${n - 1}.drv`), ...(n > 1 ? [path(`n${n - 2}.drv`)] : [])]);
    });
    expect(hashModulo(path("n20000.drv"), context).byOutput.get("out")).toMatch(/^[0-9a-f]{64}$/);
    expect(loads).toBe(20001);
  });

  it("refuses a derivation that depends on itself", () => {
    const context = contextOf((drvPath) => drv({ out: known }, [path(`n${(numberOf(drvPath) + 1) % 3}.drv`)]));
    expect(() => hashModulo(path("n0.drv"), context)).toThrow("depends on itself");
  });

  it("refuses an output that the input does not have", () => {
    const context = contextOf((drvPath) =>
      numberOf(drvPath) === 0 ? drv({ dev: known }) : drv({ out: known }, [path("n0.drv")]),
    );
    expect(() => hashModulo(path("n1.drv"), context)).toThrow("no hash for output 'out'");
  });

  it("needs nothing of what a fixed output is made from", () => {
    const context = contextOf((drvPath) => {
      if (numberOf(drvPath) !== 1) throw new Error("not here");
      return drv({ out: fixed }, [path("n0.drv")]);
    });
    expect(hashModulo(path("n1.drv"), context).deferred).toBe(false);
  });
});

describe("outputs of outputs", () => {
  it("are resolved through the derivation that an output turned out to be", () => {
    const outer = path("outer.drv");
    const made = path("made.drv");
    const result = path("result");
    const inner = dynamicPlaceholder(downstreamPlaceholder(outer, "out"), "x");
    const original: Derivation = {
      ...drv({ out: { type: "deferred" } }),
      inputDrvs: new Map([
        [outer, { outputs: [], dynamic: new Map([["out", { outputs: ["x"], dynamic: new Map() }]]) }],
      ]),
      args: [byteStringOf(`-${inner}-${inner}0`)],
    };
    const inputs = new Map([
      [outer, new Map([["out", made]])],
      [made, new Map([["x", result]])],
    ]);
    const resolved = resolveDerivation(original, inputs, { storeDir, name: "a" });
    expect(resolved.inputSrcs).toEqual([result]);
    expect(resolved.args).toEqual([`-/nix/store/${result}-/nix/store/${result}0`]);
    expect(resolved.outputs.get("out")?.type).toBe("input-addressed");
    inputs.delete(made);
    expect(() => resolveDerivation(original, inputs, { storeDir, name: "a" })).toThrow(DerivationError);
  });
});

describe("the newest JSON form", () => {
  const text = `Derive([("out","/nix/store/3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr","r:sha256","e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")],[("/nix/store/${h}-b.drv",["dev","out"])],["/nix/store/${h}-src"],"x86_64-linux","/bin/sh",["-c"],[("__json","{\\"b\\":1.5,\\"name\\":\\"fr\\"}"),("out","/nix/store/3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr")])`;
  const parsed = parseDerivation(storeDir, Buffer.from(text));
  const fr = path("fr.drv");

  it("groups the inputs and has the structured attributes apart", () => {
    const json = derivationsToJson(new Map([[fr, parsed]]), { storeDir, version: "v4" });
    expect(JSON.parse(printJson(json))).toEqual({
      version: 4,
      derivations: {
        [fr]: {
          name: "fr",
          version: 4,
          outputs: { out: { method: "nar", hash: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" } },
          inputs: { srcs: [`${h}-src`], drvs: { [`${h}-b.drv`]: { outputs: ["dev", "out"], dynamicOutputs: {} } } },
          system: "x86_64-linux",
          builder: "/bin/sh",
          args: ["-c"],
          env: { out: "/nix/store/3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr" },
          structuredAttrs: { b: 1.5, name: "fr" },
        },
      },
    });
    expect(derivationsFromJson(json, { storeDir })).toEqual(new Map([[fr, parsed]]));
  });

  it.each([
    [
      "floating",
      { out: { type: "floating", method: "nar", algorithm: "sha256" } },
      { method: "nar", hashAlgo: "sha256" },
    ],
    [
      "impure",
      { out: { type: "impure", method: "flat", algorithm: "sha256" } },
      { method: "flat", hashAlgo: "sha256", impure: true },
    ],
    ["deferred", { out: { type: "deferred" } }, {}],
    ["input-addressed", { out: known }, { path: path("a") }],
  ] as [string, Record<string, DerivationOutput>, object][])("has %s outputs", (_, outputs, expected) => {
    const all = new Map([[path("a.drv"), drv(outputs)]]);
    const json = derivationsToJson(all, { storeDir, version: "v4" });
    expect(printJson(json)).toContain(
      `"outputs":${JSON.stringify({ out: expected }, ["out", ...Object.keys(expected).sort()])}`,
    );
    expect(derivationsFromJson(json, { storeDir })).toEqual(all);
  });

  it.each([
    ["no object", "[]"],
    ["a missing part", `{"${h}-a.drv":{}}`],
    ["a path that is no derivation's", `{"${h}-a":{}}`],
    ["a key that is no path", `{"a":{}}`],
  ])("refuses %s", (_, json) => {
    expect(() => derivationsFromJson(parseJson(Buffer.from(json)), { storeDir })).toThrow(DerivationError);
  });

  it("refuses another name than that of the path", () => {
    const json = derivationsToJson(new Map([[fr, parsed]]), { storeDir, version: "v3" });
    const [value] = [...json.values()];
    expect(derivationFromJson(value!, { storeDir })).toEqual(parsed);
    expect(() => derivationFromJson(value!, { storeDir, name: "other" })).toThrow(DerivationError);
  });
});
