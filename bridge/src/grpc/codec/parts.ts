import type { ByteString } from "../../formats/bytes/byte-string.js";
import { WireReader, WireWriter } from "../../formats/wire/index.js";
import type { WireDigest } from "../digest-function.js";
import type { Codec } from "../rpc.js";

/*
 * What the codecs of this directory share. They accept fields in any order and unknown ones, and write canonical bytes. A field that is given
 * twice counts as it was given last.
 */

/** How one message is written and read. */
export interface MessageShape<T> {
  write(writer: WireWriter, message: T): void;
  read(reader: WireReader): T;
  /** About how many bytes the message takes, where that may be many: memory is then taken once. */
  sizeHint?(message: T): number;
  /** What `write` writes, in pieces: for a message that is mostly bytes that are there already. */
  readonly writeParts?: (message: T) => readonly Uint8Array[];
}

/** A codec from how its message is written and read. Decoding throws WireError. */
export function codecOf<T>(shape: MessageShape<T>): Codec<T> {
  return {
    encode(message) {
      const writer = new WireWriter(shape.sizeHint?.(message));
      shape.write(writer, message);
      return writer.finish();
    },
    ...(shape.writeParts === undefined ? {} : { encodeParts: shape.writeParts }),
    decode: (bytes) => shape.read(new WireReader(bytes)),
  };
}

/** The value of a `string` field. */
export function readString(reader: WireReader): string {
  return reader.bytes().toString("utf8");
}

/** Reads the value of a `Digest` field, whatever is in it. */
export function readWireDigest(reader: WireReader): WireDigest {
  const message = reader.message();
  let hash = "";
  let sizeBytes = 0;
  while (message.next()) {
    if (message.field === 1) hash = message.byteString();
    else if (message.field === 2) sizeBytes = message.int64();
    else message.skip();
  }
  return { hash, sizeBytes };
}

/** Writes a `Digest` field, if there is one. */
export function writeWireDigest(writer: WireWriter, field: number, digest: WireDigest | undefined): void {
  if (digest === undefined) return;
  writer.message(field, () => {
    writer.byteString(1, digest.hash as ByteString); // Read as bytes, written as bytes.
    writer.int64(2, digest.sizeBytes);
  });
}

/** About what a digest takes in a message: hash, size, and what stands around them. */
export const DIGEST_BYTES = 80;

/** Reads a repeated enum or integer field into `values`: packed or one by one. */
export function readInts(reader: WireReader, values: number[]): void {
  if (reader.isLengthDelimited) {
    const packed = reader.message();
    while (packed.more()) values.push(packed.packedInt32());
  } else values.push(reader.int32());
}

/** Writes a repeated enum field, packed. */
export function writeInts(writer: WireWriter, field: number, values: readonly number[]): void {
  if (values.length === 0) return;
  const packed = Buffer.allocUnsafe(values.length * 10);
  let at = 0;
  for (const value of values) {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      packed[at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    packed[at++] = Number(rest);
  }
  writer.presentBytes(field, packed.subarray(0, at));
}

/** A `google.rpc.Status` without details, as batches carry one for each blob. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** Reads the value of a `google.rpc.Status` field. */
export function readRpcStatus(reader: WireReader): RpcStatus {
  const status = reader.message();
  let code = 0;
  let message = "";
  while (status.next()) {
    if (status.field === 1) code = status.int32();
    else if (status.field === 2) message = readString(status);
    else status.skip();
  }
  return { code, message };
}

/** Writes a `google.rpc.Status` field, if there is one. */
export function writeRpcStatus(writer: WireWriter, field: number, status: RpcStatus | undefined): void {
  if (status === undefined) return;
  writer.message(field, () => {
    writer.int64(1, status.code);
    writer.text(2, status.message);
  });
}
