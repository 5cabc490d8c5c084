import { readFileSync, readdirSync } from "node:fs";
import { byteStringOf, encodeNar, type ByteString, type NarEvent } from "#src/formats/index.js";

const FIXTURES = new URL("fixtures/", import.meta.url);

/** An archive that Nix wrote. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`${name}.nar`, FIXTURES));
}

export const fixtureNames: readonly string[] = readdirSync(FIXTURES)
  .filter((name) => name.endsWith(".nar"))
  .map((name) => name.slice(0, -4));

export function encoded(events: Iterable<NarEvent>): Buffer {
  return Buffer.concat([...encodeNar(events)]);
}

/** Contents of one file joined, so that walks cut differently compare. */
export function joined(events: Iterable<NarEvent>): NarEvent[] {
  const out: NarEvent[] = [];
  for (const event of events) {
    const last = out.at(-1);
    if (event.type === "contents" && last?.type === "contents")
      out[out.length - 1] = { type: "contents", bytes: Buffer.concat([last.bytes, event.bytes]) };
    else out.push(event.type === "contents" ? { type: "contents", bytes: Buffer.from(event.bytes) } : event);
  }
  return out;
}

export const entry = (name: string): NarEvent => ({ type: "entry", name: byteStringOf(name) });
export const raw = (bytes: string): ByteString => bytes as ByteString;
export const end: NarEvent = { type: "end" };
export const directory: NarEvent = { type: "directory" };
export const symlink = (target: string): NarEvent => ({ type: "symlink", target: byteStringOf(target) });

/** The events of a file. */
export function file(contents: string | Uint8Array, executable = false): NarEvent[] {
  const bytes = Buffer.from(contents);
  const opening: NarEvent = { type: "file", executable, sizeBytes: bytes.byteLength };
  return bytes.byteLength === 0 ? [opening, end] : [opening, { type: "contents", bytes }, end];
}

/** Strings as an archive holds them, written apart from the code under test. */
export function words(...values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
      const out = Buffer.alloc(8 + Math.ceil(bytes.byteLength / 8) * 8);
      out.writeBigUInt64LE(BigInt(bytes.byteLength));
      out.set(bytes, 8);
      return out;
    }),
  );
}
