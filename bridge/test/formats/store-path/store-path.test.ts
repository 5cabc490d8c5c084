import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  checkStorePathName,
  decodeNixBase32,
  drvNameOf,
  hashPartOf,
  isStorePath,
  makeFixedOutputPath,
  makeRedirectedPath,
  makeScratchPath,
  makeTextPath,
  nameOf,
  parseNixHash,
  parseStorePath,
  parseStorePathIn,
  printStorePath,
  splitStorePath,
  StorePathError,
} from "#src/formats/index.js";

const storeDir = "/nix/store";
const tools = "00bgd045z0d4icpbc2yyz4gx48ak44la-net-tools-1.60_p20170221182432";
const hash = "00bgd045z0d4icpbc2yyz4gx48ak44la";

describe("parseStorePath", () => {
  it("takes a base name apart", () => {
    const path = parseStorePath(tools);
    expect(hashPartOf(path)).toBe(hash);
    expect(nameOf(path)).toBe("net-tools-1.60_p20170221182432");
    expect(Buffer.from(decodeNixBase32(hashPartOf(path))).toString("hex")).toBe(
      "8a12321522fd91efbd60ebb2481af88580f61600",
    );
    expect(printStorePath(storeDir, path)).toBe(`/nix/store/${tools}`);
  });

  it.each([
    ["no name", `${hash}-`],
    ["no dash", hash],
    ["another character for the dash", `${hash}_x`],
    ["a short hash", `${hash.slice(1)}-xx`],
    ["a letter outside nixbase32", `e${hash.slice(1)}-x`],
    ["upper case in the hash", `${hash.toUpperCase()}-x`],
    ["a slash", `${hash}-a/b`],
    ["a line feed at the end", `${hash}-a\n`],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(() => parseStorePath(text)).toThrow(StorePathError);
    expect(isStorePath(text)).toBe(false);
  });
});

describe("checkStorePathName", () => {
  it.each(["a", "A-Z+_?=.0", ".a", "...", ".a-b", "..a", "-", "a".repeat(211)])("takes %s", (name) => {
    expect(() => checkStorePathName(name)).not.toThrow();
  });

  it.each([
    ["nothing", "", "name must not be empty"],
    ["212 characters", "a".repeat(212), "must be no longer than 211 characters"],
    ["a dot alone", ".", "not valid"],
    ["two dots alone", "..", "not valid"],
    ["a dot as the first component", ".-a", "not valid"],
    ["two dots as the first component", "..-a", "not valid"],
    ["a space", "a b", "illegal character"],
    ["a tilde", "a~", "illegal character"],
    ["a letter beyond ASCII", "é", "illegal character"],
    ["NUL", "a\0", "illegal character"],
  ])("refuses %s", (_, name, message) => {
    expect(() => checkStorePathName(name)).toThrow(message);
    expect(() => checkStorePathName(name)).toThrow(StorePathError);
  });
});

describe("full paths", () => {
  it("are split from what is below them", () => {
    expect(splitStorePath(storeDir, `/nix/store/${tools}/bin/arp`)).toEqual({ path: tools, rest: "/bin/arp" });
    expect(splitStorePath(storeDir, `/nix/store/${tools}`)).toEqual({ path: tools, rest: "" });
    expect(splitStorePath("/other", `/other/${tools}/`)).toEqual({ path: tools, rest: "/" });
  });

  it("are read only in the canonical form", () => {
    expect(parseStorePathIn(storeDir, `/nix/store/${tools}`)).toBe(tools);
    for (const path of [
      `/nix/store/${tools}/`,
      `/nix/store/${tools}/bin`,
      `/nix/store//${tools}`,
      `/nix/./store/${tools}`,
      `/nix/storex/${tools}`,
      `/other/${tools}`,
      "/nix/store",
      "/nix/store/",
      tools,
      "",
    ])
      expect(() => parseStorePathIn(storeDir, path), path).toThrow(StorePathError);
  });
});

describe("paths of contents", () => {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const nar = "08813cbee9903c62be4c5027726a418a300da4500b2d369d3af9286f4815ceba";
  const sha1 = { algorithm: "sha1", hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33" } as const;
  const foo = makeTextPath(storeDir, "foo", sha256("bar"));

  it("of text depend on its references", () => {
    expect(foo).toBe("vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo");
    expect(makeTextPath(storeDir, "baz", sha256(`/nix/store/${foo}`), [foo])).toBe(
      "5xd714cbfnkz02h2vbsj4fm03x3f15nf-baz",
    );
    const ca = { method: "text", hash: { algorithm: "sha256", hex: sha256("bar") } } as const;
    expect(makeFixedOutputPath(storeDir, "foo", ca)).toBe(foo);
  });

  it.each([
    ["nar", { algorithm: "sha256", hex: nar }, "4q0pg5zpfmznxscq3avycvf9xdvx50n3-bar"],
    ["nar", sha1, "mp57d33657rf34lzvlbpfa1gjfv5gmpg-bar"],
    ["flat", { algorithm: "sha256", hex: nar }, "k17ysmlc7ih04qi7ss9iilz2866514i1-bar"],
  ] as const)("of %s %o", (method, value, expected) => {
    expect(makeFixedOutputPath(storeDir, "bar", { method, hash: value })).toBe(expected);
  });

  it("of an archive depend on its references", () => {
    const references = [parseStorePath("dxwkwjzdaq7ka55pkk252gh32bgpmql4-foo")];
    const ca = {
      method: "nar",
      hash: parseNixHash("1xqkzcb3909fp07qngljr4wcdnrh1gdam1m2n29i6hhrxlmkgkv1", "sha256"),
    } as const;
    expect(makeFixedOutputPath(storeDir, "baz", ca, { references })).toBe("s89y431zzhmdn3k8r96rvakryddkpv2v-baz");
    const other = parseStorePath(tools);
    const both = makeFixedOutputPath(storeDir, "baz", ca, { references: [...references, other] });
    expect(makeFixedOutputPath(storeDir, "baz", ca, { references: [other, ...references, other] })).toBe(both);
    expect(makeFixedOutputPath(storeDir, "baz", ca, { references: [other, ...references], self: true })).not.toBe(both);
  });

  it("of other kinds have no references", () => {
    const references = [foo];
    expect(() => makeFixedOutputPath(storeDir, "x", { method: "nar", hash: sha1 }, { references })).toThrow(
      StorePathError,
    );
    expect(() => makeFixedOutputPath(storeDir, "x", { method: "flat", hash: sha1 }, { self: true })).toThrow(
      StorePathError,
    );
    const text = { method: "text", hash: { algorithm: "sha256", hex: nar } } as const;
    expect(() => makeFixedOutputPath(storeDir, "x", text, { self: true })).toThrow(StorePathError);
    expect(() => makeFixedOutputPath(storeDir, "x", { method: "text", hash: sha1 })).toThrow(StorePathError);
  });

  it("need a name", () => {
    expect(() => makeTextPath(storeDir, "a b", nar)).toThrow(StorePathError);
  });
});

describe("scratch paths", () => {
  const drv = parseStorePath("dngdfwljrq7j5dh9ah9md6j3gdxy8l49-c.drv");

  it("are where Nix 2.8 had a build of two floating outputs put them", () => {
    const scratch = parseStorePath("59jz7m8bl9zvj3w17bayx1a8xqm1vxmy-scratch.drv");
    expect(makeScratchPath(storeDir, scratch, "out")).toBe("5xlp9cxam4w3ry4yg973k4bpjybq097a-scratch");
    expect(makeScratchPath(storeDir, scratch, "dev")).toBe("m4d6356m0544hxgnid0h0nsqdjlbaa3y-scratch-dev");
  });

  it("have the name of the output, and differ by output and derivation", () => {
    const out = makeScratchPath(storeDir, drv, "out");
    const dev = makeScratchPath(storeDir, drv, "dev");
    expect(nameOf(out)).toBe("c");
    expect(nameOf(dev)).toBe("c-dev");
    expect(new Set([out, dev, makeRedirectedPath(storeDir, drv, out)].map(hashPartOf)).size).toBe(3);
  });

  it("are of a derivation", () => {
    expect(drvNameOf(drv)).toBe("c");
    expect(() => makeScratchPath(storeDir, parseStorePath(tools), "out")).toThrow(StorePathError);
  });
});
