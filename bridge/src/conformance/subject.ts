import type { ServerCapabilities__Output } from "@causeway/reapi-protos/types/build/bazel/remote/execution/v2/ServerCapabilities.js";
import {
  blobInfoOf,
  blobResourceName,
  digestOf,
  formatDigest,
  type Digest,
  type DigestFunction,
} from "../digest/index.js";
import type { Property } from "../formats/index.js";
import { zstdDecompress } from "../grpc/compression/zstd.js";
import { codeOf, type GrpcChannel, type ProtoMethods } from "../grpc/index.js";
import { Code, StatusError } from "../status/index.js";
import { check, checkEqual } from "./check.js";

/** A blob of a test. */
export interface TestBlob {
  readonly bytes: Buffer;
  readonly digest: Digest;
}

/** What a subject is made of. */
export interface SubjectParts {
  readonly channel: GrpcChannel;
  readonly methods: ProtoMethods;
  readonly instanceName: string;
  readonly fn: DigestFunction;
  readonly capabilities: ServerCapabilities__Output;
  /** Properties that the server's workers want of every action. */
  readonly platform?: readonly Property[];
  /** Random bytes that no other run makes. */
  readonly random: (sizeBytes: number) => Buffer;
}

/** One part of an upload, as a client may send it. */
export interface WritePart {
  readonly resourceName?: string;
  readonly writeOffset: number;
  readonly data: Uint8Array;
  readonly finishWrite?: boolean;
}

/** More than any blob that a case reads compressed. */
const UNPACKED_BYTES_MAX = 64 * 2 ** 20;

/** The pieces that plain uploads are sent in. */
const PIECE_BYTES = 64 * 1024;

/** The server under test, with the words that the cases are written in. */
export class Subject {
  readonly channel: GrpcChannel;
  readonly methods: ProtoMethods;
  readonly instanceName: string;
  readonly fn: DigestFunction;
  readonly capabilities: ServerCapabilities__Output;
  readonly platform: readonly Property[];
  readonly #random: (sizeBytes: number) => Buffer;

  constructor(parts: SubjectParts) {
    this.channel = parts.channel;
    this.methods = parts.methods;
    this.instanceName = parts.instanceName;
    this.fn = parts.fn;
    this.capabilities = parts.capabilities;
    this.platform = parts.platform ?? [];
    this.#random = parts.random;
  }

  /** As requests name it. */
  get digestFunction(): "SHA256" | "BLAKE3" {
    return this.fn === "blake3" ? "BLAKE3" : "SHA256";
  }

  /** The fields that most requests begin with. */
  get head(): { instanceName: string; digestFunction: "SHA256" | "BLAKE3" } {
    return { instanceName: this.instanceName, digestFunction: this.digestFunction };
  }

  /** Of all blobs of a batch; servers that name no limit mean that of gRPC. */
  get batchBytesMax(): number {
    const announced = Number(this.capabilities.cacheCapabilities?.maxBatchTotalSizeBytes ?? 0);
    return announced === 0 ? 4 * 2 ** 20 - 64 * 1024 : announced;
  }

  /** A blob that the server does not have. */
  fresh(sizeBytes = 100): TestBlob {
    return this.blob(this.#random(sizeBytes));
  }

  blob(bytes: Uint8Array): TestBlob {
    return { bytes: Buffer.from(bytes), digest: digestOf(blobInfoOf(bytes), this.fn) };
  }

  random(sizeBytes: number): Buffer {
    return this.#random(sizeBytes);
  }

  /** A digest as messages hold it. */
  wire({ hash, sizeBytes }: Digest): { hash: string; sizeBytes: number } {
    return { hash, sizeBytes };
  }

  digestOf(bytes: Uint8Array): Digest {
    return digestOf(blobInfoOf(bytes), this.fn);
  }

  /** `[instance/]blobs/[blake3/]hash/size`. */
  readName(digest: Digest): string {
    return this.#inInstance(blobResourceName(digest));
  }

  compressedReadName(digest: Digest, compressor = "zstd"): string {
    return this.#inInstance(
      `compressed-blobs/${compressor}/${digest.fn === "blake3" ? "blake3/" : ""}${formatDigest(digest)}`,
    );
  }

  writeName(digest: Digest, uuid = this.uuid()): string {
    return this.#inInstance(`uploads/${uuid}/${blobResourceName(digest)}`);
  }

  compressedWriteName(digest: Digest, compressor = "zstd"): string {
    const inner = `compressed-blobs/${compressor}/${digest.fn === "blake3" ? "blake3/" : ""}${formatDigest(digest)}`;
    return this.#inInstance(`uploads/${this.uuid()}/${inner}`);
  }

  uuid(): string {
    const hex = this.#random(16).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join(
      "-",
    );
  }

  #inInstance(name: string): string {
    return this.instanceName === "" ? name : `${this.instanceName}/${name}`;
  }

  /** Uploads blobs in one batch. */
  async upload(...blobs: readonly TestBlob[]): Promise<void> {
    const { responses } = await this.channel.unary(this.methods.cas.batchUpdateBlobs, {
      ...this.head,
      requests: blobs.map(({ bytes, digest }) => ({ digest: this.wire(digest), data: bytes })),
    });
    for (const { digest, status } of responses)
      checkEqual(`BatchUpdateBlobs of ${digest?.hash ?? "no digest"}`, status?.code ?? 0, Code.Ok);
    checkEqual("responses of BatchUpdateBlobs", responses.length, blobs.length);
  }

  /** Which of these the server does not have. */
  async missing(...digests: readonly Digest[]): Promise<string[]> {
    const { missingBlobDigests } = await this.channel.unary(this.methods.cas.findMissingBlobs, {
      ...this.head,
      blobDigests: digests.map((digest) => this.wire(digest)),
    });
    return missingBlobDigests.map(({ hash }) => hash ?? "");
  }

  /** Sends parts as they are. @returns the committed size. */
  async write(resourceName: string, parts: readonly WritePart[]): Promise<number> {
    async function* messages(): AsyncGenerator<WritePart> {
      for (const [index, part] of parts.entries()) yield index === 0 ? { resourceName, ...part } : part;
    }
    const { committedSize } = await this.channel.clientStream(
      this.methods.byteStream.write,
      messages() as AsyncIterable<WritePart & { data: Buffer }>,
    );
    return Number(committedSize ?? 0);
  }

  /** Sends bytes in pieces from offset 0 to the end. */
  writeWhole(resourceName: string, bytes: Uint8Array): Promise<number> {
    const parts: WritePart[] = [];
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES)
      parts.push({ writeOffset: at, data: bytes.subarray(at, at + PIECE_BYTES) });
    const last = parts.pop() ?? { writeOffset: 0, data: Buffer.alloc(0) };
    return this.write(resourceName, [...parts, { ...last, finishWrite: true }]);
  }

  async read(resourceName: string, readOffset = 0, readLimit = 0): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const request = { resourceName, readOffset, readLimit };
    for await (const { data } of this.channel.serverStream(this.methods.byteStream.read, request))
      if (data !== undefined) pieces.push(data);
    return Buffer.concat(pieces);
  }

  /** Unpacks zstd of one or more frames, as servers may send it. */
  async unpack(packed: Uint8Array): Promise<Buffer> {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield packed;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of zstdDecompress(source(), UNPACKED_BYTES_MAX)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Fails unless the blob can be read, whole. */
  async checkReadable(what: string, { bytes, digest }: TestBlob): Promise<void> {
    const got = await this.read(this.readName(digest));
    check(
      got.equals(bytes),
      `${what}: ${got.byteLength} bytes were read, which are not the ${bytes.byteLength} written`,
    );
  }

  /** Fails if the blob is there. */
  async checkAbsent(what: string, digest: Digest): Promise<void> {
    checkEqual(`${what}: missing blobs`, await this.missing(digest), [digest.hash]);
  }

  /** Whether the server compresses with zstd in streams. */
  get hasZstd(): boolean {
    return (this.capabilities.cacheCapabilities?.supportedCompressors ?? []).includes("ZSTD");
  }

  get hasBatchZstd(): boolean {
    return (this.capabilities.cacheCapabilities?.supportedBatchUpdateCompressors ?? []).includes("ZSTD");
  }

  get canExecute(): boolean {
    return this.capabilities.executionCapabilities?.execEnabled === true;
  }

  get canUpdateActions(): boolean {
    return this.capabilities.cacheCapabilities?.actionCacheUpdateCapabilities?.updateEnabled === true;
  }
}

/** What a peer's status message says. */
export function statusIn(
  status: { readonly code?: number; readonly message?: string } | null | undefined,
): StatusError | undefined {
  const code = status?.code ?? 0;
  if (code === 0) return undefined;
  return new StatusError(codeOf(code), status?.message ?? "");
}
