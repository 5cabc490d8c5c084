/** Numbers from 0 up to 1 (exclusive), the same for the same seed: a failure can be repeated. */
export type Random = () => number;

/** A seeded generator (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** Bytes that parsers are prone to stumble over. */
const ODD = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x28, 0x29, 0x2f];

/** A few changes at random: bytes set, ranges removed, doubled, moved by 8, or the end cut off. */
export function mutate(random: Random, original: Uint8Array): Buffer {
  let bytes = Buffer.from(original);
  for (let changes = 1 + below(random, 3); changes > 0 && bytes.byteLength > 0; changes--) {
    const at = below(random, bytes.byteLength);
    const size = random() < 0.5 ? 1 + below(random, 8) : 8 * (1 + below(random, 8));
    switch (below(random, 6)) {
      case 0:
        bytes[at] = below(random, 256);
        break;
      case 1:
        bytes[at] = ODD[below(random, ODD.length)] ?? 0;
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at + size), bytes.subarray(at)]);
        break;
      case 4:
        bytes = bytes.subarray(0, at);
        break;
      default:
        bytes.copyWithin(at, (at + 8 * below(random, 16)) % bytes.byteLength, bytes.byteLength);
    }
  }
  return bytes;
}

/** The bytes cut into pieces at random, empty ones too. */
export function cutUp(random: Random, bytes: Uint8Array): Uint8Array[] {
  const most = 1 + below(random, 2) * below(random, 200);
  const pieces = [];
  for (let at = 0; at < bytes.byteLength;) {
    const size = below(random, most + 1);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
