import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  byteStringOf,
  computeOutputPaths,
  derivationPathOf,
  downstreamPlaceholder,
  hashModulo,
  hashModuloOf,
  makeFixedOutputPath,
  parseDerivation,
  parseNixHash,
  parseStorePath,
  placeholderOf,
  printDerivation,
  resolveDerivation,
  type Derivation,
  type DerivationOutput,
  type ModuloContext,
  type StorePath,
} from "#src/formats/index.js";

// Nix 2.8 made these from the expressions beside them; see the names of the tests for what each is about.

const storeDir = "/nix/store";

interface Parts {
  readonly outputs: Record<string, DerivationOutput>;
  readonly inputDrvs?: Record<string, string[]>;
  readonly inputSrcs?: StorePath[];
  readonly platform?: string;
  readonly builder?: string;
  readonly args?: string[];
  readonly env: Record<string, string>;
}

function derivation(parts: Parts): Derivation {
  return {
    outputs: new Map(Object.entries(parts.outputs)),
    inputDrvs: new Map(
      Object.entries(parts.inputDrvs ?? {}).map(([path, outputs]) => [
        parseStorePath(path),
        { outputs, dynamic: new Map() },
      ]),
    ),
    inputSrcs: parts.inputSrcs ?? [],
    platform: byteStringOf(parts.platform ?? "x86_64-linux"),
    builder: byteStringOf(parts.builder ?? "/bin/sh"),
    args: (parts.args ?? []).map(byteStringOf),
    env: new Map(Object.entries(parts.env).map(([key, value]) => [byteStringOf(key), byteStringOf(value)])),
  };
}

const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");
const textOfDrv = (drv: Derivation): string => Buffer.from(printDerivation(storeDir, drv)).toString("latin1");

const a = derivation({
  outputs: { out: { type: "input-addressed", path: parseStorePath("ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a") } },
  args: ["-c", "echo a > $out"],
  env: { name: "a", system: "x86_64-linux", builder: "/bin/sh", out: "/nix/store/ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a" },
});
const fHash = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4";
const f = derivation({
  outputs: {
    out: {
      type: "fixed",
      path: parseStorePath("7m9jlj34ns6r66ablfz6dxbnsazck0sa-f.txt"),
      ca: { method: "flat", hash: { algorithm: "sha256", hex: fHash } },
    },
  },
  platform: "builtin",
  builder: "builtin:fetchurl",
  env: {
    builder: "builtin:fetchurl",
    name: "f.txt",
    out: "/nix/store/7m9jlj34ns6r66ablfz6dxbnsazck0sa-f.txt",
    outputHash: fHash,
    outputHashAlgo: "sha256",
    outputHashMode: "flat",
    system: "builtin",
    url: "http://example.invalid/f.txt",
  },
});
const aPath = parseStorePath("h0qb3wmwhkx4nsnnlp5janwnw1bz9ng8-a.drv");
const fPath = parseStorePath("1l7nsdk0n7ybny3y9cv4v5ncnc92c4rk-f.txt.drv");

const bOut = "/nix/store/xs2m5vnpv87sd0f9bfrdwbq27y61vmkr-b";
const bDev = "/nix/store/r6s93bv7cpij96kxjik34kqdq5ix8q6j-b-dev";
const b = derivation({
  outputs: {
    dev: { type: "input-addressed", path: parseStorePath("r6s93bv7cpij96kxjik34kqdq5ix8q6j-b-dev") },
    out: { type: "input-addressed", path: parseStorePath("xs2m5vnpv87sd0f9bfrdwbq27y61vmkr-b") },
  },
  inputDrvs: { [fPath]: ["out"], [aPath]: ["out"] },
  args: ["-c", 'echo "quote\\back\ttab"\n'],
  env: {
    a: "/nix/store/ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a",
    builder: "/bin/sh",
    dev: bDev,
    f: "/nix/store/7m9jlj34ns6r66ablfz6dxbnsazck0sa-f.txt",
    name: "b",
    out: bOut,
    outputs: "out dev",
    system: "x86_64-linux",
  },
});
const bPath = parseStorePath("hikipg0zhqyizbpfxqa2plwysvjc74s3-b.drv");

const c = derivation({
  outputs: { out: { type: "floating", method: "nar", algorithm: "sha256" } },
  args: ["-c", "echo c > $out"],
  env: {
    builder: "/bin/sh",
    name: "c",
    out: placeholderOf("out"),
    outputHashAlgo: "sha256",
    outputHashMode: "recursive",
    system: "x86_64-linux",
  },
});
const cPath = parseStorePath("dngdfwljrq7j5dh9ah9md6j3gdxy8l49-c.drv");
const cBuilt = parseStorePath("182r3i9d7f4757ad5515wlka9kwcp7lb-c");

const d = derivation({
  outputs: { out: { type: "deferred" } },
  inputDrvs: { [cPath]: ["out"] },
  args: ["-c", "echo $c > $out"],
  env: {
    builder: "/bin/sh",
    c: "/1v9p86iz7bjv817065nb37y2pv5lmf4xlrx3d2s2c13m14905nc2",
    name: "d",
    out: "",
    system: "x86_64-linux",
  },
});

function contextOf(drvs: readonly (readonly [StorePath, Derivation])[]): ModuloContext {
  const known = new Map(drvs);
  const load = (path: StorePath): Derivation => {
    const drv = known.get(path);
    if (drv === undefined) throw new Error(`not in this test: ${path}`);
    return drv;
  };
  return { storeDir, load, memo: new Map() };
}

const context = contextOf([
  [aPath, a],
  [fPath, f],
  [bPath, b],
  [cPath, c],
]);
const inputHash = (path: StorePath): string | undefined => hashModulo(path, context).byOutput.get("out");
const maskedHash = (drv: Derivation): string | undefined =>
  hashModuloOf(drv, context, { maskOutputs: true }).byOutput.get("out");
const outPath = (name: string, drv: Derivation): StorePath | undefined =>
  computeOutputPaths(name, drv, context).get("out");

describe("an input-addressed derivation (V1)", () => {
  const masked =
    'Derive([("out","","","")],[],[],"x86_64-linux","/bin/sh",["-c","echo a > $out"],[("builder","/bin/sh"),("name","a"),("out",""),("system","x86_64-linux")])';

  it("prints masked as Nix hashes it", () => {
    expect(Buffer.from(printDerivation(storeDir, a, { maskOutputs: true })).toString()).toBe(masked);
    expect(maskedHash(a)).toBe("e8258dc601a760e6d38736f8a710838c479630a980749024159bbd1080ad5a07");
  });

  it("has its output, file and input hash", () => {
    expect(outPath("a", a)).toBe("ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a");
    expect(derivationPathOf(storeDir, "a", a)).toBe(aPath);
    expect(sha256(textOfDrv(a))).toBe("24b998466adab48dbef35ecdef314aa8dbe4e6c9090389519f1060cbb464a4bf");
    expect(inputHash(aPath)).toBe("24b998466adab48dbef35ecdef314aa8dbe4e6c9090389519f1060cbb464a4bf");
  });
});

describe("a fixed flat output (V2)", () => {
  it("has its output, file and input hash", () => {
    expect(outPath("f.txt", f)).toBe("7m9jlj34ns6r66ablfz6dxbnsazck0sa-f.txt");
    expect(derivationPathOf(storeDir, "f.txt", f)).toBe(fPath);
    expect(inputHash(fPath)).toBe("323982f3e87ae4dd71402cb757d1658b965df5ad51d1bc3c73951351af522ea7");
    expect(sha256(`fixed:out:sha256:${fHash}:`)).toBe(
      "96ad8994afc96c2aec7b7e42afc8e1068e11e2cc02f5d83e6ebdf5e57b652c5b",
    );
  });
});

describe("fixed recursive outputs", () => {
  it("with sha256 have the path of a source (V3)", () => {
    const hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const fr = derivation({
      outputs: {
        out: {
          type: "fixed",
          path: parseStorePath("3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr"),
          ca: { method: "nar", hash: parseNixHash("0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73", "sha256") },
        },
      },
      env: {
        builder: "/bin/sh",
        name: "fr",
        out: "/nix/store/3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr",
        outputHash: "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        outputHashAlgo: "sha256",
        outputHashMode: "recursive",
        system: "x86_64-linux",
      },
    });
    expect(textOfDrv(fr)).toContain(`"r:sha256","${hex}"`);
    expect(outPath("fr", fr)).toBe("3b4a0zy4h1ab6cicivhh4xjg4ml3g6ka-fr");
    expect(derivationPathOf(storeDir, "fr", fr)).toBe("hlprlrdc4hhnz5ch9c8lzv0mbrh2l684-fr.drv");
  });

  it("with sha1 have the path of a fixed output (V4)", () => {
    const hash = { algorithm: "sha1", hex: "a9993e364706816aba3e25717850c26c9cd0d89d" } as const;
    expect(sha256(`fixed:out:r:sha1:${hash.hex}:`)).toBe(
      "6e9c901b981cb85f6588e19320ccba61474b03ae56c179fb5fa482085299ce64",
    );
    expect(makeFixedOutputPath(storeDir, "fs1", { method: "nar", hash })).toBe("5lf0zc99pdxgrl05xmqvl1jnc77fwdn9-fs1");
  });
});

describe("several outputs, inputs of both kinds and escapes (V5)", () => {
  it("prints masked as Nix hashes it", () => {
    const masked = printDerivation(storeDir, b, {
      maskOutputs: true,
      inputHashes: new Map([
        [inputHash(fPath)!, new Set(["out"])],
        [inputHash(aPath)!, new Set(["out"])],
      ]),
    });
    expect(Buffer.from(masked).toString()).toBe(
      String.raw`Derive([("dev","","",""),("out","","","")],[("24b998466adab48dbef35ecdef314aa8dbe4e6c9090389519f1060cbb464a4bf",["out"]),("323982f3e87ae4dd71402cb757d1658b965df5ad51d1bc3c73951351af522ea7",["out"])],[],"x86_64-linux","/bin/sh",["-c","echo \"quote\\back\ttab\"\n"],[("a","/nix/store/ggbqg8lqjwj75wznkv03h0x2bjr2in0j-a"),("builder","/bin/sh"),("dev",""),("f","/nix/store/7m9jlj34ns6r66ablfz6dxbnsazck0sa-f.txt"),("name","b"),("out",""),("outputs","out dev"),("system","x86_64-linux")])`,
    );
    expect(maskedHash(b)).toBe("5e9868cbb71d0dc71e693a5983d6b306b27e0ffdcfcdbe4d02f1ff576a7327a7");
  });

  it("has its outputs, file and input hash", () => {
    expect(Object.fromEntries(computeOutputPaths("b", b, context))).toEqual({
      out: "xs2m5vnpv87sd0f9bfrdwbq27y61vmkr-b",
      dev: "r6s93bv7cpij96kxjik34kqdq5ix8q6j-b-dev",
    });
    expect(derivationPathOf(storeDir, "b", b)).toBe(bPath);
    expect(inputHash(bPath)).toBe("cee5c85edef1b6ba5482bb40f88e350fd7f0f3ad0fb454e06b9204795a5d9626");
  });
});

describe("a floating output (V6)", () => {
  it("has a file, a realisation id of old Nix, and no path before it is built", () => {
    expect(derivationPathOf(storeDir, "c", c)).toBe(cPath);
    expect(outPath("c", c)).toBeUndefined();
    expect(maskedHash(c)).toBe("e1fc24c4c10d075ff00b7eb4cce171c93531c5a753ba12d681064cd369c41d6e");
  });

  it("has the path of its contents once built", () => {
    const hash = parseNixHash("sha256:0za0q0rxcygrd773vsz7pd4rk0f0nk1pdfbkig4bz4bm15xz2i10");
    expect(makeFixedOutputPath(storeDir, "c", { method: "nar", hash })).toBe(cBuilt);
  });
});

describe("a deferred derivation (V7)", () => {
  it("knows its input by a placeholder", () => {
    expect(downstreamPlaceholder(cPath, "out")).toBe("/1v9p86iz7bjv817065nb37y2pv5lmf4xlrx3d2s2c13m14905nc2");
    expect(derivationPathOf(storeDir, "d", d)).toBe("mjpfqln0c2sn0bs5sh52rybgxq7alcjy-d.drv");
    expect(outPath("d", d)).toBeUndefined();
  });

  it("resolves to one with a path", () => {
    const resolved = resolveDerivation(d, new Map([[cPath, new Map([["out", cBuilt]])]]), { storeDir, name: "d" });
    expect(resolved.inputSrcs).toEqual([cBuilt]);
    expect(resolved.inputDrvs.size).toBe(0);
    expect(resolved.env.get(byteStringOf("c"))).toBe(`/nix/store/${cBuilt}`);
    expect(maskedHash(resolved)).toBe("ca6c8c578eae949683b7159f03454691d71c083ba31a73b7b5e1c2443a443f5f");
    expect(outPath("d", resolved)).toBe("bbplmj5mkca6gkl0zm7bs4ws9lshgm1k-d");
    expect(derivationPathOf(storeDir, "d", resolved)).toBe("j6cvj20s5mgk9q6f54b5amakyy26gggi-d.drv");
  });

  it("does not resolve while an input is not known", () => {
    expect(() => resolveDerivation(d, new Map(), { storeDir, name: "d" })).toThrow("output 'out'");
  });
});

describe("structured attributes (V8)", () => {
  it("are hashed as their text", () => {
    const json = `{"attr":{"x":1,"y":{"z":"q"}},"bdev":"${bDev}","builder":"/bin/sh","list":[1,2,"three",true,null],"name":"s","system":"x86_64-linux"}`;
    const s = derivation({
      outputs: { out: { type: "deferred" } },
      inputDrvs: { [bPath]: ["dev"] },
      env: { __json: json, out: "" },
    });
    expect(maskedHash(s)).toBe("6bfe09137a0dfa763e7b6569b1e5a0d4edd1f840c5e039ea1c7fec2d0eba83fe");
    expect(outPath("s", s)).toBe("ff8a7qcgbqgcaaflbddi5l6ihwmh52pb-s");
  });
});

describe("contents with references and a reference to themselves (V9)", () => {
  it("have the path of a source with both", () => {
    const hash = {
      algorithm: "sha256",
      hex: "5f5750cf2ca8c1236d8e4cc64ddce1b4c7e8a6fc52bccfbdb3a9e53ca4d715cf",
    } as const;
    const references = [parseStorePath("s3l0651dbbbcaclixz4971177ar4zh5m-selfca-dev")];
    expect(makeFixedOutputPath(storeDir, "selfca", { method: "nar", hash }, { references, self: true })).toBe(
      "zg65grfwnj52pq2vd3q28facfbaayx41-selfca",
    );
  });
});

describe("the printed form", () => {
  it("is read back to the same derivation", () => {
    for (const drv of [a, f, b, c, d]) expect(parseDerivation(storeDir, printDerivation(storeDir, drv))).toEqual(drv);
  });
});

describe("placeholders of own outputs", () => {
  it.each([
    ["out", "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"],
    ["dev", "/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz"],
    ["lib", "/0sra2y18lr3h6j58qjm0w46yv36h1wjmilb09n8aimdpivdymscx"],
  ])("of %s", (name, expected) => {
    expect(placeholderOf(name)).toBe(expected);
  });
});
