import { describe, expect, it } from "vitest";
import { NarDecoder, NarError, byteStringFrom, encodeNar, type ByteString, type NarEvent } from "#src/formats/index.js";
import { fixture, fixtureNames, joined } from "../formats/nar/helpers.js";
import { below, cutUp, mutate, randomOf, type Random } from "./mutate.js";

const ROUNDS = 3000;

/** What the decoder makes of pieces: the events, or the error. */
function outcome(pieces: readonly Uint8Array[]): NarEvent[] | { offset: number; expected: string } {
  const decoder = new NarDecoder();
  const events: NarEvent[] = [];
  try {
    for (const piece of pieces) events.push(...joined(decoder.push(piece)));
    decoder.end();
    return joined(events);
  } catch (reason) {
    if (!(reason instanceof NarError)) throw reason;
    return { offset: reason.offset, expected: reason.expected };
  }
}

function name(random: Random, previous: ByteString | undefined): ByteString | undefined {
  for (let tries = 0; tries < 10; tries++) {
    const bytes = Buffer.from(Array.from({ length: 1 + below(random, 12) }, () => 1 + below(random, 255)));
    const candidate = byteStringFrom(bytes);
    if (!candidate.includes("/") && !/^\.{1,2}$/.test(candidate) && (previous === undefined || candidate > previous))
      return candidate;
  }
  return undefined;
}

/** The events of a tree at random. */
function* tree(random: Random, depth: number): Generator<NarEvent> {
  const kind = below(random, depth > 5 ? 2 : 3);
  if (kind === 0) {
    yield { type: "symlink", target: byteStringFrom(Buffer.alloc(1 + below(random, 40), 1 + below(random, 255))) };
  } else if (kind === 1) {
    const bytes = Buffer.alloc(below(random, 3) * below(random, 100), below(random, 256));
    yield { type: "file", executable: random() < 0.5, sizeBytes: bytes.byteLength };
    if (bytes.byteLength > 0) yield { type: "contents", bytes };
    yield { type: "end" };
  } else {
    yield { type: "directory" };
    let previous: ByteString | undefined;
    for (let entries = below(random, 5); entries > 0; entries--) {
      previous = name(random, previous);
      if (previous === undefined) break;
      yield { type: "entry", name: previous };
      yield* tree(random, depth + 1);
    }
    yield { type: "end" };
  }
}

describe("the NAR decoder", () => {
  it("reads what the encoder writes of any tree, in any pieces", () => {
    const random = randomOf(1);
    for (let round = 0; round < ROUNDS; round++) {
      const events = [...tree(random, 0)];
      const archive = Buffer.concat([...encodeNar(events)]);
      expect(outcome(cutUp(random, archive)), `round ${String(round)}`).toEqual(events);
    }
  });

  it("finds the same in mutated archives whatever the pieces, and fails with a NarError only", () => {
    const random = randomOf(2);
    const archives = fixtureNames.map((fixtureName) => fixture(fixtureName));
    let accepted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const archive = mutate(random, archives[below(random, archives.length)]!);
      const whole = outcome([archive]);
      expect(outcome(cutUp(random, archive)), `round ${String(round)}`).toEqual(whole);
      if (!Array.isArray(whole)) continue;
      accepted++;
      // What is accepted is an archive, and the encoder's own but for an empty file that said nothing of its contents.
      const again = Buffer.concat([...encodeNar(whole)]);
      if (again.byteLength === archive.byteLength) expect(again.equals(archive)).toBe(true);
      else expect(again.byteLength).toBeGreaterThan(archive.byteLength);
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(ROUNDS / 2);
  });

  it("fails with a NarError on noise after a valid beginning", () => {
    const random = randomOf(3);
    const archive = fixture("complicated");
    for (let round = 0; round < ROUNDS; round++) {
      const start = archive.subarray(0, 8 * below(random, archive.byteLength / 8));
      const noise = Buffer.from(Array.from({ length: below(random, 200) }, () => below(random, 256)));
      expect(outcome([start, noise])).toHaveProperty("offset");
    }
  });
});
