import { describe, expect, it } from "vitest";
import { HASH_WORDS, digestBytes, emptyHash, unpackDigests, wordsToHash } from "#src/digest/index.js";
import { WireWriter } from "#src/formats/wire/index.js";
import {
  fieldsOf,
  findMissingBlobsRequest,
  findMissingBlobsResponse,
  servedRequest,
  servedResponse,
  type PackedRequest,
} from "#src/grpc/codec/find-missing-blobs.js";

const digests = Array.from({ length: 6 }, (_, i) => ({
  hash: digestBytes("sha256", Buffer.from(`blob ${i}`)).hash,
  sizeBytes: [1, 127, 128, 70_000, 2 ** 33, 2 ** 48 + 1][i]!,
}));
const request = { instanceName: "an instance", blobDigests: digests, digestFunction: 9 };
const encoded = Buffer.from(findMissingBlobsRequest.encode(request));

const packedOf = (message: Buffer): PackedRequest => {
  const found = servedRequest.decode(message);
  if (!("fieldsAt" in found)) throw new Error("not packed");
  return found;
};

describe("a request as servers read it", () => {
  it("says what it says otherwise", () => {
    const packed = packedOf(encoded);
    expect([packed.instanceName, packed.digestFunction]).toEqual(["an instance", 9]);
    expect(unpackDigests({ ...packed.digests, fn: "blake3" })).toEqual(
      digests.map((each) => ({ fn: "blake3", ...each })),
    );
    expect(wordsToHash(packed.digests.words, HASH_WORDS)).toBe(digests[1]!.hash);
  });

  it("may have no digests", () => {
    expect(packedOf(Buffer.alloc(0)).digests.count).toBe(0);
  });

  const one = (hash: string, sizeBytes: number): Buffer =>
    Buffer.from(findMissingBlobsRequest.encode({ ...request, blobDigests: [digests[0]!, { hash, sizeBytes }] }));
  const { hash } = digests[1]!;
  it.each([
    ["a short hash", one(hash.slice(1), 5)],
    ["capital letters", one(hash.toUpperCase(), 5)],
    ["no size", one(hash, 0)],
    ["the empty blob's hash and a size", one(emptyHash.sha256, 5)],
    ["a size that is not safe", one(hash, 2 ** 52)],
    ["another field", Buffer.concat([encoded, Buffer.from([0x22, 1, 0])])],
  ])("is read with care when it has %s", (_, message) => {
    expect(servedRequest.decode(message)).toEqual(findMissingBlobsRequest.decode(message));
  });

  it.each([1, 20, encoded.length - 1])("is malformed when it is cut off after %d bytes", (length) => {
    expect(() => servedRequest.decode(encoded.subarray(0, length))).toThrow();
  });
});

describe("an answer of fields that came", () => {
  const answer = (message: Buffer, numbers: readonly number[]): unknown =>
    findMissingBlobsResponse.decode(
      Buffer.from(servedResponse.encode({ fields: fieldsOf(packedOf(message), numbers) })),
    ).missingBlobDigests;

  it.each([[[]], [[0, 1, 2, 3, 4, 5]], [[0]], [[5]], [[0, 1, 3, 5]]])("has digests %j", (numbers) => {
    expect(answer(encoded, numbers)).toEqual(numbers.map((i) => digests[i]));
  });

  it("has nothing of what lay between them", () => {
    const writer = new WireWriter();
    for (const { hash, sizeBytes } of digests.slice(0, 2)) {
      writer.message(2, (digest) => {
        digest.text(1, hash);
        digest.int64(2, sizeBytes);
      });
      writer.text(1, "between");
    }
    const message = writer.finish();
    const fields = fieldsOf(packedOf(message), [0, 1]);
    expect(fields).toHaveLength(2);
    expect(Buffer.concat(fields).includes("between")).toBe(false);
    expect(answer(message, [0, 1])).toEqual(digests.slice(0, 2));
  });
});
