import { describe, expect, it } from "vitest";
import { blobInfoOf, createBlobHasher, emptyBlob, parseDigest } from "#src/digest/index.js";
import { Code } from "#src/status/index.js";

describe("parseDigest", () => {
  const hello = blobInfoOf(Buffer.from("Hello World!"));

  it("takes the hash of a blob and its size", () => {
    expect(parseDigest("blake3", hello.blake3, 12n)).toEqual({ fn: "blake3", hash: hello.blake3, sizeBytes: 12 });
  });

  it.each([
    ["upper case", hello.blake3.toUpperCase(), 12],
    ["a short hash", "ab", 12],
    ["a negative size", hello.blake3, -1],
    ["size 0 with another hash", hello.blake3, 0],
    ["the empty blob's hash with another size", emptyBlob.blake3, 1],
    ["a size past 2^53", hello.blake3, 2n ** 60n],
  ])("refuses %s", (_, hash, size) => {
    expect(() => parseDigest("blake3", hash, size)).toThrow(
      expect.objectContaining({ code: Code.InvalidArgument }) as Error,
    );
  });
});

describe("hashers", () => {
  it("know the published digests", () => {
    expect(blobInfoOf(Buffer.from("Hello World!"))).toEqual({
      blake3: "5ca7815adcb484e9a136c11efe69c1d530176d549b5d18d038eb5280b4b3470c",
      sha256: "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
      sizeBytes: 12,
    });
    expect(blobInfoOf(new Uint8Array())).toEqual(emptyBlob);
  });

  it("find the same in pieces", () => {
    const hasher = createBlobHasher();
    for (const piece of ["Hello", " ", "World!"]) hasher.update(Buffer.from(piece));
    expect(hasher.finish()).toEqual(blobInfoOf(Buffer.from("Hello World!")));
  });
});
