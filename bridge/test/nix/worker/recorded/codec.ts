import type { ByteString } from "#src/formats/index.js";
import type { WireReader } from "#src/nix/worker/wire/reader.js";
import {
  readPathInfo,
  readUnkeyedInfo,
  storePathOf,
  writePath,
  writeUnkeyedInfo,
  type WirePathInfo,
} from "#src/nix/worker/wire/values.js";
import { WireWriter } from "#src/nix/worker/wire/writer.js";
import { STORE_DIR } from "../open-daemon.js";

/** How one thing is read and written, made of what the daemon and the client are made of. */
export interface Codec<T> {
  read(reader: WireReader): Promise<T>;
  write(sink: Sink, value: T): void;
}

/** Where things are written again. */
export interface Sink {
  readonly writer: WireWriter;
  /** Bytes as they are. */
  readonly raw: (bytes: Uint8Array) => void;
  take(): Buffer;
}

export function createSink(): Sink {
  const writer = new WireWriter();
  const parts: Uint8Array[] = [];
  return {
    writer,
    raw: (bytes) => void parts.push(writer.take(), bytes),
    take: () => Buffer.concat([...parts.splice(0), writer.take()]),
  };
}

export type AnyCodec = Codec<unknown>;
const codec = <T>(read: Codec<T>["read"], write: Codec<T>["write"]): AnyCodec => ({ read, write });

export const number = codec<bigint>(
  (reader) => reader.big("number"),
  ({ writer }, value) => writer.halves(Number(value & 0xffff_ffffn), Number(value >> 32n)),
);
export const string = codec<ByteString>(
  (reader) => reader.byteString("string"),
  ({ writer }, value) => writer.byteString(value),
);

export function list(item: AnyCodec): AnyCodec {
  return codec<unknown[]>(
    (reader) => reader.list("items", () => item.read(reader)),
    (sink, values) => sink.writer.list(values, (value) => item.write(sink, value)),
  );
}

export function fields(...parts: readonly AnyCodec[]): AnyCodec {
  return codec<unknown[]>(
    async (reader) => {
      const values: unknown[] = [];
      for (const part of parts) values.push(await part.read(reader));
      return values;
    },
    (sink, values) => {
      for (const [i, part] of parts.entries()) part.write(sink, values[i]);
    },
  );
}

/** A number, and what follows it for that number. */
export function choice(cases: Readonly<Record<string, AnyCodec>>): AnyCodec {
  const caseOf = (tag: bigint): AnyCodec => {
    const found = cases[String(tag)];
    if (found === undefined) throw new Error(`${String(tag)} is none of ${Object.keys(cases).join(", ")}`);
    return found;
  };
  return codec<readonly [bigint, unknown]>(
    async (reader) => {
      const tag = await reader.big("tag");
      return [tag, await caseOf(tag).read(reader)];
    },
    (sink, [tag, value]) => {
      number.write(sink, tag);
      caseOf(tag).write(sink, value);
    },
  );
}

export const nothing = fields();
export const strings = list(string);

/** As the daemon reads what is said of a path, and says it. */
export const pathInfo = codec<WirePathInfo>(
  async (reader) => (await readPathInfo(reader, STORE_DIR))(),
  ({ writer }, info) => {
    writePath(writer, STORE_DIR, info.path);
    writeUnkeyedInfo(writer, STORE_DIR, info);
  },
);
const SOME_PATH = storePathOf(STORE_DIR, `${STORE_DIR}/${"0".repeat(32)}-some`);
export const unkeyedInfo = codec<WirePathInfo>(
  async (reader) => (await readUnkeyedInfo(reader, STORE_DIR, SOME_PATH))(),
  ({ writer }, info) => writeUnkeyedInfo(writer, STORE_DIR, info),
);

/** The frames of a stream, each as it came. */
export const frames = codec<Buffer[]>(
  async (reader) => {
    const all: Buffer[] = [];
    for (;;) {
      const left = await reader.number("frame");
      if (left === 0) return all;
      all.push(Buffer.concat(await Array.fromAsync(reader.raw(left, "a frame"), (piece) => Buffer.from(piece))));
    }
  },
  ({ writer, raw }, all) => {
    for (const frame of all) {
      writer.number(frame.byteLength);
      raw(frame);
    }
    writer.number(0);
  },
);
