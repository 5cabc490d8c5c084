import { randomInt } from "node:crypto";
import { HASH_WORDS, equalWords, type PackedDigests } from "../../digest/index.js";

/** So many with a place in common are no chance: whoever names such digests gets some of them back twice. */
const PROBES_MAX = 64;

/** Nobody can choose digests that share a place without knowing this. */
const SEED = randomInt(2 ** 32);

/** @returns whether a digest, given by its number, is the first of its kind that was asked for. */
export function createDistinct({ count, words, sizes }: PackedDigests): (i: number) => boolean {
  const mask = 2 ** Math.ceil(Math.log2(2 * count + 1)) - 1;
  /** Numbers of digests, and one more. */
  const places = new Int32Array(mask + 1);
  return (i) => {
    const at = i * HASH_WORDS;
    let place = Math.imul(words[at]! ^ SEED, 0x9e37_79b1) ^ words[at + 1]! ^ sizes[i]!;
    for (let probes = 0; probes < PROBES_MAX; probes++) {
      place &= mask;
      const number = places[place]! - 1;
      if (number < 0) {
        places[place] = i + 1;
        return true;
      }
      if (sizes[number] === sizes[i] && equalWords(words, number * HASH_WORDS, words, at)) return false;
      place++;
    }
    return true;
  };
}
