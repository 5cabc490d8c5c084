import { HASH_WORDS, emptyHash, hexToWords, type PackedDigests } from "../../digest/index.js";
import type { WireDigest } from "../digest-function.js";
import type { Codec } from "../rpc.js";
import { DIGEST_BYTES, codecOf, readString, readWireDigest, writeWireDigest } from "./parts.js";

export interface FindMissingBlobsRequest {
  readonly instanceName: string;
  readonly blobDigests: readonly WireDigest[];
  readonly digestFunction: number;
}

export interface FindMissingBlobsResponse {
  readonly missingBlobDigests: readonly WireDigest[];
}

export const findMissingBlobsRequest = codecOf<FindMissingBlobsRequest>({
  sizeHint: ({ blobDigests }) => DIGEST_BYTES * (blobDigests.length + 1),
  write(writer, message) {
    writer.text(1, message.instanceName);
    for (const digest of message.blobDigests) writeWireDigest(writer, 2, digest);
    writer.int64(3, message.digestFunction);
  },
  read(reader) {
    let instanceName = "";
    let digestFunction = 0;
    const blobDigests: WireDigest[] = [];
    while (reader.next()) {
      if (reader.field === 2) blobDigests.push(readWireDigest(reader));
      else if (reader.field === 1) instanceName = readString(reader);
      else if (reader.field === 3) digestFunction = reader.int32();
      else reader.skip();
    }
    return { instanceName, blobDigests, digestFunction };
  },
});

export const findMissingBlobsResponse = codecOf<FindMissingBlobsResponse>({
  sizeHint: ({ missingBlobDigests }) => DIGEST_BYTES * missingBlobDigests.length,
  write(writer, { missingBlobDigests }) {
    for (const digest of missingBlobDigests) writeWireDigest(writer, 2, digest);
  },
  read(reader) {
    const missingBlobDigests: WireDigest[] = [];
    while (reader.next()) {
      if (reader.field === 2) missingBlobDigests.push(readWireDigest(reader));
      else reader.skip();
    }
    return { missingBlobDigests };
  },
});

/** Digests of a request as it came, as long as all of them look as nearly all do: a hash of 64 lower-case hex digits, and a size that is not 0. */
export interface PackedRequest {
  readonly instanceName: string;
  readonly digestFunction: number;
  readonly digests: Omit<PackedDigests, "fn">;
  /** Where in the message the field of each digest begins, and where it ends. */
  readonly fieldsAt: Uint32Array;
  readonly message: Buffer;
}

/** A request as a server reads it. */
export type ServedRequest = FindMissingBlobsRequest | PackedRequest;

/** A server's answer: digests, or fields that are there already, for both messages have digests in field 2. */
export type ServedResponse = FindMissingBlobsResponse | { readonly fields: readonly Uint8Array[] };

export const servedRequest: Codec<FindMissingBlobsRequest, ServedRequest> = {
  encode: (message) => findMissingBlobsRequest.encode(message),
  decode: (bytes) => readPacked(bytes) ?? findMissingBlobsRequest.decode(bytes),
};

export const servedResponse: Codec<ServedResponse, FindMissingBlobsResponse> = {
  encode: (message) => ("fields" in message ? Buffer.concat(message.fields) : findMissingBlobsResponse.encode(message)),
  decode: (bytes) => findMissingBlobsResponse.decode(bytes),
};

/** The fields of some digests, by their numbers in ascending order; neighbours together. */
export function fieldsOf({ message, fieldsAt }: PackedRequest, numbers: readonly number[]): Buffer[] {
  const fields: Buffer[] = [];
  for (let i = 0; i < numbers.length;) {
    const first = numbers[i]!;
    let last = first;
    while (numbers[++i] === last + 1 && fieldsAt[2 * last + 1] === fieldsAt[2 * last + 2]) last++;
    fields.push(message.subarray(fieldsAt[2 * first], fieldsAt[2 * last + 1]));
  }
  return fields;
}

/** The keys of fields, and what the field of a digest has at the least: keys and lengths, its hash, one digit of its size. */
const KEY = { instanceName: 0x0a, digest: 0x12, digestFunction: 0x18, hash: 0x0a, size: 0x10 } as const;
const HASH_DIGITS = 64;
const FIELD_BYTES_MIN = 2 + 2 + HASH_DIGITS + 2;

/** The first 32 bits of the empty blob's hashes. */
const EMPTY_BEGINNINGS = Object.values(emptyHash).map((hash) => Number.parseInt(hash.slice(0, 8), 16));

/** A size of so many digits of 7 bits is a safe integer. */
const SIZE_DIGITS_MAX = 7;

/** @returns `undefined` for a message that has anything else in it, or is malformed. */
function readPacked(message: Buffer): PackedRequest | undefined {
  const countMax = Math.floor(message.byteLength / FIELD_BYTES_MIN);
  const words = new Uint32Array(countMax * HASH_WORDS);
  const sizes = new Float64Array(countMax);
  const fieldsAt = new Uint32Array(2 * countMax);
  let instanceName = "";
  let digestFunction = 0;
  let count = 0;
  let at = 0;
  while (at < message.byteLength) {
    const key = message[at]!;
    const length = message[at + 1] ?? 0x80;
    // Longer lengths than one byte says are no digest's, and hardly a name's.
    if (length >= 0x80) return undefined;
    if (key === KEY.digestFunction) {
      digestFunction = length;
      at += 2;
      continue;
    }
    const end = at + 2 + length;
    if (end > message.byteLength) return undefined;
    if (key === KEY.instanceName) instanceName = message.toString("utf8", at + 2, end);
    else if (key !== KEY.digest || count === countMax || !readDigest(at + 2, end)) return undefined;
    at = end;
  }
  return { instanceName, digestFunction, digests: { count, words, sizes }, fieldsAt, message };

  function readDigest(from: number, end: number): boolean {
    const sizeAt = from + 2 + HASH_DIGITS + 1;
    if (end <= sizeAt || end > sizeAt + SIZE_DIGITS_MAX) return false;
    if (message[from] !== KEY.hash || message[from + 1] !== HASH_DIGITS || message[sizeAt - 1] !== KEY.size)
      return false;
    let sizeBytes = 0;
    for (let i = end - 1; i >= sizeAt; i--) {
      const digit = message[i]!;
      if (digit >= 0x80 !== i < end - 1) return false;
      sizeBytes = sizeBytes * 0x80 + (digit & 0x7f);
    }
    if (sizeBytes === 0 || !hexToWords(message, from + 2, words, count * HASH_WORDS)) return false;
    // The empty blob's hash with a size is refused, and that is said elsewhere.
    if (EMPTY_BEGINNINGS.includes(words[count * HASH_WORDS]!)) return false;
    sizes[count] = sizeBytes;
    fieldsAt[2 * count] = from - 2;
    fieldsAt[2 * count + 1] = end;
    count++;
    return true;
  }
}
