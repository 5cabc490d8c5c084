import { parseDigest, type Digest, type DigestFunction } from "../../digest/index.js";
import { StatusError } from "../../status/index.js";
import { byteStringOf, compareBytes, type ByteString } from "../bytes/byte-string.js";
import { WireError, WireReader, type WireWriter } from "../wire/index.js";
import { ReapiError } from "./error.js";
import type { NodeProperties, Property } from "./messages.js";
import { readMs, writeTimestamp } from "./time.js";

/*
 * The messages inside the messages. A field that is given twice counts as it was given last; protobuf would merge messages, but no encoder
 * writes them so.
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Runs a decoder over bytes, and makes a {@link ReapiError} of what the parts of it throw. */
export function decodeWith<T>(bytes: Uint8Array, what: string, read: (reader: WireReader) => T): T {
  const reader = new WireReader(bytes);
  try {
    return read(reader);
  } catch (reason) {
    if (reason instanceof WireError)
      throw new ReapiError(`${what}: ${reason.message}`, { offset: reason.offset, cause: reason });
    if (reason instanceof StatusError || reason instanceof ReapiError)
      throw new ReapiError(`${what}: ${reason.message}`, {
        offset: (reason instanceof ReapiError ? reason.offset : undefined) ?? reader.offset,
        cause: reason,
      });
    throw reason;
  }
}

/** The value of a `string` field that must be text. */
export function readText(reader: WireReader): string {
  const bytes = reader.bytes();
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ReapiError("string is not UTF-8", { offset: reader.offset, cause });
  }
}

/** Writes a `Digest` field, if there is one. */
export function writeDigest(writer: WireWriter, field: number, digest: Digest | undefined): void {
  if (digest === undefined) return;
  writer.message(field, () => {
    writer.byteString(1, digest.hash as ByteString); // Hex digits are bytes as they are.
    writer.int64(2, digest.sizeBytes);
  });
}

/**
 * Reads the value of a `Digest` field.
 *
 * @returns undefined for an empty message, which some servers send where they have no digest.
 */
export function readDigest(reader: WireReader, fn: DigestFunction): Digest | undefined {
  let hash = "";
  let sizeBytes = 0;
  while (reader.next()) {
    if (reader.field === 1) hash = reader.byteString();
    else if (reader.field === 2) sizeBytes = reader.int64();
    else reader.skip();
  }
  return hash === "" && sizeBytes === 0 ? undefined : parseDigest(fn, hash, sizeBytes);
}

/** A digest that a message cannot do without. */
export function required(digest: Digest | undefined, field: string): Digest {
  if (digest === undefined) throw new ReapiError(`${field} is missing`);
  return digest;
}

/** Writes properties, sorted by name and then value. */
export function writeProperties(writer: WireWriter, field: number, properties: readonly Property[]): void {
  const rows = properties.map(({ name, value }) => ({ name: byteStringOf(name), value: byteStringOf(value) }));
  rows.sort((a, b) => compareBytes(a.name, b.name) || compareBytes(a.value, b.value));
  for (const { name, value } of rows)
    writer.message(field, () => {
      writer.byteString(1, name);
      writer.byteString(2, value);
    });
}

/** Reads the value of one property. */
export function readProperty(reader: WireReader): Property {
  let [name, value] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) name = readText(reader);
    else if (reader.field === 2) value = readText(reader);
    else reader.skip();
  }
  return { name, value };
}

/** Writes a `Platform` field, if there is one. */
export function writePlatform(writer: WireWriter, field: number, platform: readonly Property[] | undefined): void {
  if (platform !== undefined) writer.message(field, () => writeProperties(writer, 1, platform));
}

/** Reads the value of a `Platform` field. */
export function readPlatform(reader: WireReader): readonly Property[] {
  const properties: Property[] = [];
  while (reader.next()) {
    if (reader.field === 1) properties.push(readProperty(reader.message()));
    else reader.skip();
  }
  return properties;
}

/** Writes a `NodeProperties` field, if there is one. */
export function writeNodeProperties(writer: WireWriter, field: number, value: NodeProperties | undefined): void {
  if (value === undefined) return;
  writer.message(field, () => {
    writeProperties(writer, 1, value.properties);
    writeTimestamp(writer, 2, value.mtimeMs);
    const { unixMode } = value;
    if (unixMode !== undefined) writer.message(3, () => writer.int64(1, unixMode));
  });
}

/** Reads the value of a `NodeProperties` field. */
export function readNodeProperties(reader: WireReader): NodeProperties {
  const properties: Property[] = [];
  let mtimeMs: number | undefined;
  let unixMode: number | undefined;
  while (reader.next()) {
    if (reader.field === 1) properties.push(readProperty(reader.message()));
    else if (reader.field === 2) mtimeMs = readMs(reader.message());
    else if (reader.field === 3) unixMode = readUint32Value(reader.message());
    else reader.skip();
  }
  return { properties, ...defined({ mtimeMs, unixMode }) };
}

function readUint32Value(reader: WireReader): number {
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1) value = reader.int32() >>> 0;
    else reader.skip();
  }
  return value;
}

/** An object without those of its fields that are undefined: optional parts of our messages are absent, not empty. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
