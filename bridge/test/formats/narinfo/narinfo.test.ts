import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  fingerprintOf,
  NarInfoError,
  parseNarInfo,
  parsePublicKey,
  parseSecretKey,
  printNarInfo,
  signFingerprint,
  verifySignature,
} from "#src/formats/index.js";

const storeDir = "/nix/store";
const fixtures = new URL("../../fixtures/narinfo/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, fixtures), "utf8");

const curl = `StorePath: /nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin
URL: nar/05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56.nar.xz
Compression: xz
FileHash: sha256:05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56
FileSize: 68852
NarHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
NarSize: 196040
References: 0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0 6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115 j5jxw3iy7bbz4a57fh9g2xm2gxmyal8h-zlib-1.2.12 yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n
Deriver: 5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv
Sig: cache.nixos.org-1:TsTTb3WGTZKphvYdBHXwo6weVILmTytUjLB+vcX89fOjjRicCHmKA4RCPMVLkj6TMJ4GMX3HPVWRdD1hkeKZBQ==
Sig: test1:519iiVLx/c4Rdt5DNt6Y2Jm6hcWE9+XY69ygiWSZCNGVcmOcyL64uVAJ3cV8vaTusIZdbTnYo9Y7vDNeTmmMBQ==
`;
const without = (key: string): string => curl.replace(new RegExp(`^${key}: .*\n`, "m"), "");

describe.each(readdirSync(fixtures).filter((name) => name.endsWith(".narinfo")))("%s of Nix", (name) => {
  const info = parseNarInfo(storeDir, read(name));
  const fingerprint = fingerprintOf(storeDir, { ...info, narHash: info.narHash.hex });

  it("is printed to the same text", () => {
    expect(printNarInfo(storeDir, info)).toBe(read(name));
  });

  it("is signed as we sign it", () => {
    expect(info.signatures).toEqual([signFingerprint(parseSecretKey(read("secret.key")), fingerprint)]);
    const keys = [parsePublicKey(read("public.key"))];
    expect(verifySignature(keys, fingerprint, info.signatures[0]!)).toBe(true);
    expect(verifySignature(keys, `${fingerprint},`, info.signatures[0]!)).toBe(false);
  });
});

describe("a narinfo of cache.nixos.org", () => {
  it("comes back", () => {
    expect(printNarInfo(storeDir, parseNarInfo(storeDir, curl))).toBe(curl);
    expect(parseNarInfo(storeDir, curl)).toMatchObject({
      path: "syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin",
      compression: "xz",
      fileSizeBytes: 68852,
      narSizeBytes: 196040,
      deriver: "5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv",
    });
  });

  it("is signed by its key", () => {
    const info = parseNarInfo(storeDir, curl);
    const fingerprint = fingerprintOf(storeDir, { ...info, narHash: info.narHash.hex });
    expect(fingerprint).toBe(
      "1;/nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin;sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0;196040;/nix/store/0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0,/nix/store/6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115,/nix/store/j5jxw3iy7bbz4a57fh9g2xm2gxmyal8h-zlib-1.2.12,/nix/store/yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n",
    );
    const keys = [parsePublicKey("cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=")];
    expect(info.signatures.map((signature) => verifySignature(keys, fingerprint, signature))).toEqual([true, false]);
  });
});

describe("parseNarInfo", () => {
  it.each([
    ["a missing compression as bzip2", without("Compression"), { compression: "bzip2" }],
    ["missing references as none", without("References"), { references: [] }],
    ["an unknown deriver as none", curl.replace(/Deriver: .*/, "Deriver: unknown-deriver"), {}],
    ["unknown keys", `${curl}X-Other: 1\n`, { narSizeBytes: 196040 }],
    ["the system of old caches", `${curl}System: x86_64-linux\n`, { system: "x86_64-linux" }],
    [
      "a hash in base16",
      curl.replace(/NarHash: .*/, `NarHash: sha256:${"ab".repeat(32)}`),
      { narHash: { algorithm: "sha256", hex: "ab".repeat(32) } },
    ],
  ])("takes %s", (_, text, expected) => {
    expect(parseNarInfo(storeDir, text)).toMatchObject(expected);
  });

  it.each([
    ["no path", without("StorePath")],
    ["no URL", without("URL")],
    ["no hash of the archive", without("NarHash")],
    ["no size of the archive", without("NarSize")],
    ["an archive of size 0", curl.replace("NarSize: 196040", "NarSize: 0")],
    ["a negative size", curl.replace("NarSize: 196040", "NarSize: -1")],
    ["a size beyond what is exact", curl.replace("NarSize: 196040", "NarSize: 9007199254740993")],
    ["a key that comes twice", `${curl}NarSize: 1\n`],
    ["no line feed at the end", curl.slice(0, -1)],
    ["a line without a colon", `${curl}x\n`],
    ["a key without a space", curl.replace("URL: ", "URL:")],
    ["another store", curl.replace("StorePath: /nix", "StorePath: /other")],
    ["a reference with a directory", curl.replace("References: ", "References: /nix/store/")],
    ["a bad content address", `${curl}CA: fixed:x\n`],
    ["nothing", ""],
  ])("refuses %s", (_, text) => {
    expect(() => parseNarInfo(storeDir, text)).toThrow(NarInfoError);
  });
});
