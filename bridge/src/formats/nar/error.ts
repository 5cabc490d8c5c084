/** An archive that breaks the format, or events that make none. */
export class NarError extends Error {
  override readonly name = "NarError";
  /** Bytes from the beginning of the archive. */
  readonly offset: number;
  readonly expected: string;
  readonly found: string;

  constructor(offset: number, expected: string, found: string) {
    super(`NAR, at byte ${String(offset)}: expected ${expected}, found ${found}`);
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }
}

/** Bytes for a message: `"entry"` for a string of the archive, else hex digits. */
export function describeBytes(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 16));
  const length = shown.byteLength === 16 && shown.readUInt32LE(4) === 0 ? shown.readUInt32LE(0) : 0;
  const word = shown.toString("latin1", 8, 8 + Math.min(length, 8));
  if (length > 0 && /^[\x20-\x7e]+$/.test(word)) return JSON.stringify(length > 8 ? `${word}…` : word);
  return shown.byteLength === 0 ? "nothing" : `bytes ${shown.toString("hex")}`;
}
