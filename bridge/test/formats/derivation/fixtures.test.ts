import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  byteStringOf,
  checkDerivationOutputs,
  computeOutputPaths,
  derivationPathOf,
  derivationsFromJson,
  derivationsToJson,
  drvNameOf,
  hashModulo,
  hashModuloOf,
  parseDerivation,
  parseJson,
  parseStorePath,
  printDerivation,
  printJson,
  resolveDerivation,
  type Derivation,
  type ModuloContext,
  type StorePath,
} from "#src/formats/index.js";

const storeDir = "/nix/store";
const fixtures = new URL("../../fixtures/derivation/", import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(encodeURI(name).replaceAll("?", "%3F"), fixtures));
const drvsIn = (dir: string): StorePath[] =>
  readdirSync(new URL(dir, fixtures))
    .filter((name) => name.endsWith(".drv"))
    .map(parseStorePath);
const contextFor = (dir: string): ModuloContext => ({
  storeDir,
  load: (path: StorePath): Derivation => parseDerivation(storeDir, read(`${dir}/${path}`)),
  memo: new Map(),
});

const context = contextFor("drv");
const keep = { invalidUtf8: "keep" } as const;

describe.each(drvsIn("drv"))("%s of Nix", (drvPath) => {
  const bytes = read(`drv/${drvPath}`);
  const drv = parseDerivation(storeDir, bytes);
  const json = parseJson(read(`drv/${drvPath}.json`), keep);

  it("is printed to the same bytes", () => {
    expect(Buffer.from(printDerivation(storeDir, drv)).toString("latin1")).toBe(bytes.toString("latin1"));
  });

  it("means what `nix show-derivation` says", () => {
    const ours = derivationsToJson(new Map([[drvPath, drv]]), { storeDir, version: "v1" });
    expect(printJson(ours, keep)).toBe(printJson(json, keep));
    expect(derivationsFromJson(json, { storeDir })).toEqual(new Map([[drvPath, drv]]));
  });

  it("has the path that follows from its bytes", () => {
    expect(derivationPathOf(storeDir, drvNameOf(drvPath), drv)).toBe(drvPath);
  });

  it("has the output paths that follow from it", () => {
    expect(() => checkDerivationOutputs(drvPath, drv, context)).not.toThrow();
    for (const [name, path] of computeOutputPaths(drvNameOf(drvPath), drv, context)) {
      const output = drv.outputs.get(name)!;
      expect(path).toBe("path" in output ? output.path : undefined);
    }
  });

  it("does not pass with the outputs of another", () => {
    const [[name, output] = []] = drv.outputs;
    if (output === undefined || !("path" in output)) return;
    const path = parseStorePath(`${"0".repeat(32)}-other`);
    const wrong = { ...drv, outputs: new Map(drv.outputs).set(name!, { ...output, path }) };
    expect(() => checkDerivationOutputs(drvPath, wrong, context)).toThrow("has incorrect output");
    const env = new Map(drv.env).set(byteStringOf(name!), byteStringOf(`/nix/store/${path}`));
    expect(() => checkDerivationOutputs(drvPath, { ...drv, env }, context)).toThrow(
      /has incorrect (output|environment variable)/,
    );
  });

  it.each(["v2", "v3"] as const)("comes back from JSON %s", (version) => {
    const written = printJson(derivationsToJson(new Map([[drvPath, drv]]), { storeDir, version }), keep);
    expect(derivationsFromJson(parseJson(written, keep), { storeDir })).toEqual(new Map([[drvPath, drv]]));
  });
});

describe("the derivations of Tvix", () => {
  it.each([
    ["0hm2f1psjpcwg8fijsmr4wwxrx59s092-bar.drv", "724f3e3634fce4cbbbd3483287b8798588e80280660b9a63fd13a1bc90485b33"],
    ["ss2p4wmxijn652haqyd7dckxwl4c7hxx-bar.drv", "c79aebd0ce3269393d4a1fde2cbd1d975d879b40f0bf40a48f550edc107fd5df"],
  ])("have the hash as an input of %s", (name, hash) => {
    expect(hashModulo(parseStorePath(name), context).byOutput.get("out")).toBe(hash);
  });

  it.each([
    [
      "4wvvbi4jwn0prsdxb7vs673qa5h9gr7x-foo.drv",
      "24c43196ac9c7b557bc525d13d16f990f730c060ae61f9133195f1c0a2ea0d9f",
      "5vyvcwah9l9kf07d52rcgdk70g2f4y13-foo",
    ],
    [
      "ch49594n9avinrf8ip0aslidkc4lxkqv-foo.drv",
      "7c621818730810a5396bea23e5ec0f7187d9d74456f859b9c874e9275def8236",
      "fhaj6gmwns62s6ypkcldbaj2ybvkhx3p-foo",
    ],
    [
      "h32dahq0bx5rp1krcdx3a53asj21jvhk-has-multi-out.drv",
      "a1ad4156c02a06fdd497ed4dfcab6f041fe3fd4888f6bb1bebc31728bbc9717e",
      "55lwldka5nyxa08wnvlizyqw02ihy8ic-has-multi-out",
    ],
    [
      "9lj1lkjm2ag622mh4h9rpy6j607an8g2-structured-attrs.drv",
      "79f9e56abb389172193de0ecf76c07f708652ac435e0b2e70d2e669c4b3dc4f9",
      "6a39dl014j57bqka7qx25k0vb20vkqm6-structured-attrs",
    ],
    [
      "52a9id8hx688hvlnz4d1n25ml1jdykz0-unicode.drv",
      "16e94a47873c43a2949655fedbaa3d85d7fa8153d48f11f468b9306a6bc3a6d5",
      "vgvdj6nf7s8kvfbl2skbpwz9kc7xjazc-unicode",
    ],
    [
      "m1vfixn8iprlf0v9abmlrz7mjw1xj8kp-cp1252.drv",
      "ec3f51cd041c0655f702d1a1d2ba14e33da0a098a5f38ca446d6c39c571833da",
      "drr2mjp9fp9vvzsf5f9p0a80j33dxy7m-cp1252",
    ],
    [
      "x6p0hg79i3wg0kkv7699935f7rrj9jf3-latin1.drv",
      "b5b1d36b7d183eae9050ecc0c547ce32e8bd73b0910de1cbe1c885ee4f4ea3fa",
      "x1f6jfq9qgb6i8jrmpifkn9c64fg4hcm-latin1",
    ],
    [
      "292w8yzv5nn7nhdpxcs8b7vby2p27s09-nested-json.drv",
      "ff91a43046196b6372a7245654a8a43dfbfe9acd3cf80f786dbb8bf31747afcd",
      "pzr7lsd3q9pqsnb42r9b23jc5sh8irvn-nested-json",
    ],
  ])("have the masked hash and output of %s", (name, hash, out) => {
    const path = parseStorePath(name);
    const drv = context.load(path);
    expect(hashModuloOf(drv, context, { maskOutputs: true }).byOutput.get("out")).toBe(hash);
    expect(computeOutputPaths(drvNameOf(path), drv, context).get("out")).toBe(out);
  });

  it("have the second output of a derivation with two", () => {
    const drv = context.load(parseStorePath("h32dahq0bx5rp1krcdx3a53asj21jvhk-has-multi-out.drv"));
    expect(computeOutputPaths("has-multi-out", drv, context).get("lib")).toBe(
      "2vixb94v0hy2xc6p7mbnxxcyc095yyia-has-multi-out-lib",
    );
  });
});

describe("an impure derivation (V10)", () => {
  it("is written with its mark, and gives no path to those that depend on it", () => {
    const [path] = drvsIn("drv").filter((name) => name.endsWith("-i.drv"));
    expect(read(`drv/${path!}`).toString()).toContain('("out","","r:sha256","impure")');
    expect(context.load(path!).outputs.get("out")).toEqual({ type: "impure", method: "nar", algorithm: "sha256" });
    expect(hashModulo(path!, context).deferred).toBe(true);
  });
});

describe("a chain behind a floating output", () => {
  const chain = contextFor("chain");
  const drvs = new Map(drvsIn("chain").map((path) => [path, chain.load(path)]));
  const realisations = new Map(
    read("chain/realisations.txt")
      .toString()
      .trim()
      .split("\n")
      .map((line): [string, StorePath] => {
        const [id, path] = line.split(" ");
        return [id!, parseStorePath(path!.slice("/nix/store/".length))];
      }),
  );
  const idOf = (drv: Derivation): string =>
    `sha256:${hashModuloOf(drv, chain, { maskOutputs: true }).byOutput.get("out")!}!out`;

  it("has the realisations that Nix registered", () => {
    expect([...drvs.values()].map(idOf).sort()).toEqual([...realisations.keys()].sort());
  });

  it("resolves to the derivations that Nix built", () => {
    const outputs = new Map([...drvs].map(([path, drv]) => [path, new Map([["out", realisations.get(idOf(drv))!]])]));
    const unresolved = [...drvs].filter(([, drv]) => drv.inputDrvs.size > 0);
    expect(unresolved).toHaveLength(3);
    for (const [path, drv] of unresolved) {
      const name = drvNameOf(path);
      const resolved = resolveDerivation(drv, outputs, { storeDir, name });
      const resolvedPath = derivationPathOf(storeDir, name, resolved);
      expect(resolvedPath).not.toBe(path);
      expect(drvs.get(resolvedPath)).toEqual(resolved);
    }
  });
});
