import { setImmediate as soon } from "node:timers/promises";
import { expect, it } from "vitest";
import { Code } from "#src/status/index.js";
import { createMemoryStore } from "#src/store/index.js";
import { collectGarbage } from "../../support/collect-garbage.js";

const PIECES = 100;
const PIECE_BYTES = 50_000;
const piece = (): Buffer => Buffer.alloc(PIECE_BYTES, "y");

it("lets go of what was written while more is to come", async () => {
  await using store = createMemoryStore();
  const [info] = await store.blobs.writeMany([{ bytes: Buffer.alloc(PIECES * PIECE_BYTES, "y") }]);
  const written: WeakRef<Buffer>[] = [];
  let kept = -1;
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let n = 0; n < PIECES; n++) {
      const next = piece();
      written.push(new WeakRef(next));
      yield next;
      await soon();
    }
    await collectGarbage();
    kept = written.filter((each) => each.deref() !== undefined).length;
  }
  // The store has it: what comes is looked at only.
  const digest = { fn: "sha256", hash: info!.sha256, sizeBytes: info!.sizeBytes } as const;
  await store.blobs.write(pieces(), digest, { signal: new AbortController().signal });
  expect(kept).toBeLessThan(10);
});

it("ends with the signal's reason although the source brings nothing", async () => {
  await using store = createMemoryStore();
  const controller = new AbortController();
  async function* silent(): AsyncGenerator<Buffer> {
    yield piece();
    controller.abort();
    await new Promise(() => undefined);
  }
  const writing = store.blobs.write(silent(), undefined, { signal: controller.signal });
  await expect(writing).rejects.toMatchObject({ code: Code.Cancelled });
});
