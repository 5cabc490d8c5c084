import { randomUUID } from "node:crypto";
import { digestBytes, type Digest } from "@causeway/bridge/digest";
import { formatReadName, formatWriteName, protoMethods, type Method } from "@causeway/bridge/grpc";
import type { seededRandom } from "../seeded-random.ts";
import { frame } from "./raw-client.ts";

export type Random = ReturnType<typeof seededRandom>;

export const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** A method with messages that it understands. */
export interface FuzzTarget {
  readonly path: string;
  readonly messages: readonly Buffer[];
}

type AnyMethod = Method<object, unknown, unknown, unknown>;

/** Every method that is served. @param blobs - Some that are there. */
export async function fuzzTargets(blobs: readonly Digest[]): Promise<FuzzTarget[]> {
  const services = Object.values(await protoMethods()) as unknown as Record<string, AnyMethod>[];
  return services
    .flatMap((service) => Object.values(service))
    .map((method) => ({
      path: method.path,
      messages: samples(method.path, blobs).map((sample) => Buffer.from(method.request.encode(sample))),
    }));
}

/** Objects with every field that some request has: encoders pass over those that theirs has not. */
function samples(path: string, blobs: readonly Digest[]): object[] {
  const data = Buffer.from("some contents, of a file");
  return blobs.flatMap((digest) => {
    const digestFunction = digest.fn === "blake3" ? "BLAKE3" : "SHA256";
    const named = {
      ...{ instanceName: "main", digestFunction },
      service: "grpc.health.v1.Health",
      name: "operations/1",
    };
    const uris = ["urn:example:fuzz", "https://example.invalid/x"];
    const one = { digest, data: data.toString("base64"), compressor: "IDENTITY" };
    const digests = {
      ...{ digests: [digest], blobDigests: blobs, blobDigest: digest, chunkDigests: [digest, digest] },
      ...{ actionDigest: digest, rootDigest: digest, rootDirectoryDigest: digest, referencesBlobs: [digest] },
    };
    const own = digestBytes(digest.fn, data);
    const resourceName = path.endsWith("/Read")
      ? formatReadName({ instanceName: "main", digest, compressor: "zstd" })
      : formatWriteName({ instanceName: "main", uuid: randomUUID(), digest: own, compressor: "identity" });
    const actionResult = {
      outputFiles: [{ path: "out", digest, isExecutable: true }],
      exitCode: 1,
      stdoutDigest: digest,
    };
    const streams = { resourceName, data: data.toString("base64"), readLimit: "5", finishWrite: true };
    const more = {
      pageSize: 3,
      pageToken: "00",
      acceptableCompressors: ["ZSTD"],
      inlineStdout: true,
      inlineOutputFiles: ["out"],
    };
    const rest = {
      qualifiers: [{ name: "a", value: "b" }],
      uris,
      timeout: { seconds: "1" },
      fileByFilename: "x.proto",
    };
    return [{ ...named, ...digests, ...streams, ...more, ...rest, requests: [one, one], actionResult }];
  });
}

/** Bytes of a request stream, and how they are sent. */
export interface FuzzedRequest {
  readonly pieces: readonly Buffer[];
  /** Whether the client says that this was all; if not, it vanishes. */
  readonly ends: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request of a method, damaged in one of the ways in which requests can be. */
export function fuzz(random: Random, { messages }: FuzzTarget): FuzzedRequest {
  const message = (): Buffer => {
    const original = messages[below(random, messages.length)] ?? Buffer.alloc(0);
    return random() < 0.2 ? randomBytes(random, below(random, 300)) : mutated(random, original);
  };
  const whole = Array.from({ length: 1 + (random() < 0.2 ? below(random, 4) : 0) }, message);
  let bytes: Buffer = Buffer.concat(
    whole.map((each) => frame(each, random() < 0.1 ? oddLength(random, each) : undefined)),
  );
  if (random() < 0.05) bytes = randomBytes(random, below(random, 2_000));
  if (random() < 0.1) bytes = bytes.subarray(0, below(random, bytes.byteLength));
  if (random() < 0.05 && bytes.byteLength > 0) bytes[0] = below(random, 256);
  return { pieces: cut(random, bytes), ends: random() < 0.9, headers: random() < 0.15 ? oddHeaders(random) : {} };
}

function mutated(random: Random, original: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let changes = below(random, 5); changes > 0 && bytes.byteLength > 0; changes--) {
    const at = below(random, bytes.byteLength);
    const size = 1 + below(random, 12);
    const way = below(random, 5);
    if (way === 0) bytes[at] = below(random, 256);
    else if (way === 1) bytes[at] = bytes[at]! ^ (1 << below(random, 8));
    else if (way === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    else if (way === 3) bytes = Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]);
    // Lengths and tags at their bounds.
    else bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(size, 0xff), bytes.subarray(at)]);
  }
  return bytes;
}

export function randomBytes(random: Random, size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => below(random, 256)));
}

function oddLength(random: Random, message: Buffer): number {
  const lengths = [0, 1, message.byteLength + 1, 2 ** 24, 2 ** 31, 2 ** 32 - 1];
  return lengths[below(random, lengths.length)]!;
}

function cut(random: Random, bytes: Buffer): Buffer[] {
  if (random() < 0.7) return [bytes];
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const size = 1 + below(random, 40);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function oddHeaders(random: Random): Record<string, string> {
  const all: Record<string, string>[] = [
    { "grpc-timeout": "1n" },
    { "grpc-timeout": "-5S" },
    { "grpc-timeout": "999999999999H" },
    { "grpc-timeout": "" },
    { "grpc-encoding": "gzip" },
    { "grpc-encoding": "identity" },
    { "content-type": "application/grpc+json" },
    { "content-type": "text/plain" },
    { "build.bazel.remote.execution.v2.requestmetadata-bin": "!!!!" },
    { "build.bazel.remote.execution.v2.requestmetadata-bin": randomBytes(random, 50).toString("base64") },
    { authorization: "Basic ///" },
    { authorization: `Bearer ${"x".repeat(5_000)}` },
    { "content-length": "3" },
    { te: "trailers" },
    { "x-odd": "\t \u00ff" },
  ];
  return all[below(random, all.length)]!;
}
