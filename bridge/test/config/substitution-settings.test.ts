import { describe, expect, it } from "vitest";
import { buildSettings, parseNixConf, type SubstitutionSettings } from "#src/config/index.js";

const settings = (text = ""): SubstitutionSettings =>
  buildSettings(parseNixConf(text), { system: "x86_64-linux", processors: 2 }).substitution;

describe("settings of substitution", () => {
  it("name no caches unless somebody has, and are those of Nix otherwise", () => {
    expect(settings()).toEqual({
      ...{ substituters: [], isEnabled: true, always: false, requireSignatures: true },
      ...{ positiveTtlMs: 2_592_000_000, negativeTtlMs: 3_600_000, connectTimeoutMs: 5_000, stalledTimeoutMs: 300_000 },
      ...{ attemptsMax: 5, connectionsMax: 25 },
    });
  });

  it("are read from nix.conf", () => {
    const text = "substituters = http://a http://b http://a\nextra-substituters = file:///c\nrequire-sigs = false\n";
    const more = "substitute = false\nalways-allow-substitutes = true\nhttp-connections = 0\nconnect-timeout = 0\n";
    expect(settings(text + more)).toMatchObject({
      ...{
        substituters: ["http://a", "http://b", "file:///c"],
        requireSignatures: false,
        isEnabled: false,
        always: true,
      },
      ...{ connectionsMax: 1_000, connectTimeoutMs: 5_000 },
    });
  });

  it("add keys to that of the public cache, and replace it", () => {
    const keys = (text: string): readonly string[] =>
      buildSettings(parseNixConf(text), { system: "x86_64-linux", processors: 2 }).trustedPublicKeys;
    const [own] = keys("");
    expect(own).toMatch(/^cache\.nixos\.org-1:/);
    expect(keys("extra-trusted-public-keys = a:x\n")).toEqual([own, "a:x"]);
    expect(keys("trusted-public-keys = a:x\nextra-trusted-public-keys = b:y\n")).toEqual(["a:x", "b:y"]);
    expect(keys("extra-trusted-public-keys = b:y\ntrusted-public-keys = a:x\n")).toEqual(["a:x"]);
  });

  it("refuse what is neither true nor false", () => {
    expect(() => settings("require-sigs = maybe\n")).toThrow(/'require-sigs'.*true or false/);
  });
});
