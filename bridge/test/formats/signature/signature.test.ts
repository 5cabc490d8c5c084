import { describe, expect, it } from "vitest";
import {
  fingerprintOf,
  parsePublicKey,
  parseSecretKey,
  parseStorePath,
  SignatureError,
  signFingerprint,
  verifySignature,
} from "#src/formats/index.js";

const text =
  "cache.example.com-1:cCta2MEsRNuYCgWYyeRXLyfoFpKhQJKn8gLMeXWAb7vIpRKKo/3JoxJ24OYa3DxT2JVV38KjK/1ywHWuMe2JEw==";

describe("keys", () => {
  it("sign what their public half verifies", () => {
    const key = parseSecretKey(`${text}\n`);
    expect(key.name).toBe("cache.example.com-1");
    expect(key.publicKeyText).toBe("cache.example.com-1:yKUSiqP9yaMSduDmGtw8U9iVVd/Coyv9csB1rjHtiRM=");
    const signature = signFingerprint(key, "some text");
    expect(signature).toMatch(/^cache\.example\.com-1:.{88}$/);
    expect(verifySignature([parsePublicKey(key.publicKeyText)], "some text", signature)).toBe(true);
    expect(verifySignature([key], "other text", signature)).toBe(false);
    expect(verifySignature([{ ...key, name: "other" }], "some text", signature)).toBe(false);
    expect(verifySignature([], "some text", signature)).toBe(false);
  });

  it.each([
    [
      "too short",
      "cache.example.com-1:cCta2MEsRNuYCgWYyeRXLyfoFpKhQJKn8gLMeXWAb7vIpRKKo/3JoxJ24OYa3DxT2JVV38KjK/1ywHWuMe2JE",
    ],
    ["without a colon", text.replace(":", "")],
    ["without a name", text.slice(text.indexOf(":"))],
    ["with halves of different keys", text.replace("yKUSiqP9", "zKUSiqP9").replace("vIpRKK", "vIpRKL")],
    ["that is a public key", "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY="],
    ["that is empty", ""],
  ])("refuse a secret key %s, and do not show it", (_, key) => {
    expect(() => parseSecretKey(key)).toThrow(SignatureError);
    expect(() => parseSecretKey(key)).not.toThrow(/cCta2MEsRNu/);
  });

  it("refuse a public key of another length", () => {
    expect(() => parsePublicKey(text)).toThrow(SignatureError);
  });

  it.each(["", "x", "cache.example.com-1:", "cache.example.com-1:AAAA", "cache.example.com-1:!!"])(
    "take no malformed signature: %j",
    (signature) => {
      expect(verifySignature([parseSecretKey(text)], "some text", signature)).toBe(false);
    },
  );
});

describe("fingerprintOf", () => {
  it("sorts the references", () => {
    const [a, b] = [parseStorePath(`${"0".repeat(32)}-a`), parseStorePath(`${"1".repeat(32)}-b`)];
    const parts = { path: a, narHash: "00".repeat(32), narSizeBytes: 120 };
    const expected = `1;/nix/store/${a};sha256:${"0".repeat(52)};120;/nix/store/${a},/nix/store/${b}`;
    expect(fingerprintOf("/nix/store", { ...parts, references: [b, a] })).toBe(expected);
    expect(fingerprintOf("/nix/store", { ...parts, references: [] })).toBe(expected.replace(/[^;]*$/, ""));
  });
});
