import { describe, expect, it } from "vitest";
import {
  KEY_SEED_BYTES,
  makeSecretKeyText,
  parsePublicKey,
  parseSecretKey,
  SignatureError,
  signFingerprint,
  verifySignature,
} from "#src/formats/index.js";

describe("a new secret key", () => {
  it("is what its own text says, and signs", () => {
    // RFC 8032, 7.1, test 1.
    const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
    const text = makeSecretKeyText("cache.example.com-1", seed);
    const publicHex = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const key = parseSecretKey(text);
    expect(text).toBe(`cache.example.com-1:${Buffer.concat([seed, Buffer.from(publicHex, "hex")]).toString("base64")}`);
    expect(key.publicKeyText).toBe(`cache.example.com-1:${Buffer.from(publicHex, "hex").toString("base64")}`);
    const signature = signFingerprint(key, "text");
    expect(verifySignature([parsePublicKey(key.publicKeyText)], "text", signature)).toBe(true);
  });

  it.each(["", "a:b", "a b", "a\n", "x".repeat(256)])("cannot be called %j", (name) => {
    expect(() => makeSecretKeyText(name, new Uint8Array(KEY_SEED_BYTES))).toThrow(SignatureError);
  });

  it("may have a name of 255 characters", () => {
    expect(makeSecretKeyText("x".repeat(255), new Uint8Array(KEY_SEED_BYTES))).toContain(":");
  });

  it("is made of so many bytes, not of fewer", () => {
    expect(() => makeSecretKeyText("a", new Uint8Array(KEY_SEED_BYTES - 1))).toThrow(SignatureError);
  });
});
