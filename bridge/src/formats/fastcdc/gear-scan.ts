import { GEAR } from "./gear.js";

/*
 * The inner loop, in WebAssembly: the hash has 64 bits, which JavaScript has no fast numbers for. Put together here, for it is smaller than
 * what a tool would make, and needs no build step.
 */

/** What is used of WebAssembly; the type library for it comes with browsers' only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly hash: { value: bigint };
  readonly scan: (from: number, to: number, evenMask: bigint, oddMask: bigint) => number;
}

/** The largest piece that is scanned at once, and one byte left from the piece before. */
export const SCAN_BYTES_MAX = 64 * 1024 + 1;

const TABLE_BYTES = 256 * 8;
/** Memory: the table, the table with each number doubled, then the piece. */
const PIECE_AT = 2 * TABLE_BYTES;
const PAGES = 2;

/** Looks for the end of a chunk in a piece of data. One serves all chunkers with the same seed, for it keeps nothing between calls. */
export interface GearScan {
  /** The memory for the piece: at most {@link SCAN_BYTES_MAX} bytes. */
  readonly piece: Uint8Array;
  /**
   * Rolls the hash over the bytes of the piece from `from` to `to`, two at a time.
   *
   * @returns the position of the byte with which the hash met the mask, which begins the next chunk; `to` if there is none.
   */
  scan(from: number, to: number, mask: bigint): number;
  /** The rolling hash: set before a scan, read after it. */
  hash: bigint;
}

const scans = new Map<bigint, GearScan>();

/** The scan for a seed, made when first needed. Seeds are configured, so there are few. */
export function gearScanOf(seed: bigint): GearScan {
  let scan = scans.get(seed);
  if (scan === undefined) scans.set(seed, (scan = createGearScan(seed)));
  return scan;
}

function createGearScan(seed: bigint): GearScan {
  const { memory, hash, scan } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as Exports;
  const gear = Buffer.from(GEAR);
  const tables = new BigUint64Array(memory.buffer, 0, 512);
  for (let i = 0; i < 256; i++) {
    tables[i] = gear.readBigUInt64LE(8 * i) ^ seed;
    tables[256 + i] = (tables[i] ?? 0n) << 1n;
  }
  return {
    piece: new Uint8Array(memory.buffer, PIECE_AT, SCAN_BYTES_MAX),
    // With the hash doubled and the mask too, one shift does for two bytes.
    scan: (from, to, mask) => scan(PIECE_AT + from, PIECE_AT + to, mask << 1n, mask) - PIECE_AT,
    get hash() {
      return hash.value;
    },
    set hash(value) {
      hash.value = value;
    },
  };
}

/** Numbers in the binary format (LEB128). */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function section(id: number, ...body: readonly number[]): number[] {
  return [id, ...leb(body.length), ...body];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

const [I32, I64] = [0x7f, 0x7e];
const [FROM, TO, EVEN_MASK, ODD_MASK, HASH] = [0, 1, 2, 3, 4];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const i32 = (value: number): number[] => [0x41, value];
const i64 = (value: number): number[] => [0x42, value];
const [ADD32, SHL32, GE32, ADD64, SHL64, AND64, IS_ZERO64] = [0x6a, 0x74, 0x4f, 0x7c, 0x86, 0x83, 0x50];
const END = 0x0b;
const NO_RESULT = 0x40;
const branch = (depth: number): number[] => [0x0c, depth];
const branchIf = (depth: number): number[] => [0x0d, depth];

/** The number in the table at `table` for the byte `ahead` of the current one. */
const gearOf = (table: number, ahead: number): number[] =>
  [get(FROM), [0x2d, 0, ahead], i32(3), SHL32, [0x29, 3, ...leb(table)]].flat();
const meets = (mask: number): number[] => [tee(HASH), get(mask), AND64, IS_ZERO64].flat();

const BODY: readonly number[] = [
  ...[1, 1, I64], // One local: the hash.
  ...[0x23, 0, ...set(HASH)],
  ...[0x02, NO_RESULT], // block: left when the mask is met or the piece ends
  ...[0x03, NO_RESULT], // loop: two bytes a turn
  ...[...get(FROM), ...get(TO), GE32, ...branchIf(1)],
  ...[...get(HASH), ...i64(2), SHL64, ...gearOf(TABLE_BYTES, 0), ADD64, ...meets(EVEN_MASK), ...branchIf(1)],
  ...[...get(HASH), ...gearOf(0, 1), ADD64, ...meets(ODD_MASK)],
  ...[0x04, NO_RESULT, ...get(FROM), ...i32(1), ADD32, ...set(FROM), ...branch(2), END], // if met at the second byte
  ...[...get(FROM), ...i32(2), ADD32, ...set(FROM), ...branch(0)],
  ...[END, END],
  ...[...get(HASH), 0x24, 0, ...get(FROM), END],
];

const MODULE = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, 1, 0x60, 4, I32, I32, I64, I64, 1, I32), // type: scan(i32, i32, i64, i64) → i32
  ...section(3, 1, 0), // one function of it
  ...section(5, 1, 0, PAGES), // one memory
  ...section(6, 1, I64, 1, ...i64(0), END), // one variable: the hash between calls
  ...section(7, 3, ...name("memory"), 2, 0, ...name("hash"), 3, 0, ...name("scan"), 0, 0),
  ...section(10, 1, ...leb(BODY.length), ...BODY),
]);
