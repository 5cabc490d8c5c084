import { describe, expect, it } from "vitest";
import { formatContentAddress, HashError, parseContentAddress, parseMethodAlgorithm } from "#src/formats/index.js";

const sha1 = { algorithm: "sha1", hex: "5cba3c77236ae4f9650270a27fbad375551fa60a" } as const;
const sha256 = {
  algorithm: "sha256",
  hex: "a5ce9c155ed09397614646c9717fc7cd94b1023d7b76b618d409e4fefd6e9d39",
} as const;

describe("content addresses", () => {
  it.each([
    ["fixed:r:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw", { method: "nar", hash: sha1 }],
    ["fixed:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw", { method: "flat", hash: sha1 }],
    ["fixed:git:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw", { method: "git", hash: sha1 }],
    ["text:sha256:0fcxdvyzxr09shcbcxkv7l1b356dqxzp3ja68rhrg4yhbqarrkm5", { method: "text", hash: sha256 }],
  ] as const)("reads %s and writes it back", (text, expected) => {
    expect(parseContentAddress(text)).toEqual(expected);
    expect(formatContentAddress(expected)).toBe(text);
  });

  it("reads the hash in base16 too", () => {
    expect(parseContentAddress(`fixed:r:sha1:${sha1.hex}`)).toEqual({ method: "nar", hash: sha1 });
  });

  it.each([
    "",
    "fixed:",
    "fixed:sha1",
    "sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    "fixed:x:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    "fixed:r:git:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    "fixed:text:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    "text:r:sha256:1lmf0mnpfmbbh8dhaqk7krkdlanm2165hvw2mbzsbqvrbh96ykxr",
    "text:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw",
    "fixed:r:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfj",
    "fixed:sha1:1ak1ymbmsfx7z8kh09jzkr3a4dvkrfjw\n",
  ])("refuses %j", (text) => {
    expect(() => parseContentAddress(text)).toThrow(HashError);
  });
});

describe("parseMethodAlgorithm", () => {
  it.each([
    ["sha256", { method: "flat", algorithm: "sha256" }],
    ["r:sha1", { method: "nar", algorithm: "sha1" }],
    ["text:sha256", { method: "text", algorithm: "sha256" }],
    ["git:sha1", { method: "git", algorithm: "sha1" }],
  ])("reads %s", (text, expected) => {
    expect(parseMethodAlgorithm(text)).toEqual(expected);
  });

  it.each(["", "r:", "r", "x:sha256", "sha257", "r:r:sha256"])("refuses %j", (text) => {
    expect(() => parseMethodAlgorithm(text)).toThrow(HashError);
  });
});
