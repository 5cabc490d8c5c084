import { Code, StatusError } from "#src/status/index.js";
import { createMemoryIndex } from "#src/store/index-db/create-memory-index.js";
import type { IndexDb } from "#src/store/index-db/index-db.js";

/** An index that can be told to fail, and to keep its transactions waiting. */
export function createTestIndex(): IndexDb & { isFull: boolean; hold(): () => void } {
  const memory = createMemoryIndex();
  let gate = Promise.resolve();
  const index = {
    ...memory,
    isFull: false,
    hold() {
      let open: () => void = () => undefined;
      gate = new Promise<void>((resolve) => (open = resolve));
      return open;
    },
    async write<T>(body: () => T): Promise<T> {
      check();
      await gate;
      return memory.write(body);
    },
    async putAll(entries: Parameters<IndexDb["putAll"]>[0]): Promise<void> {
      check();
      await gate;
      await memory.putAll(entries);
    },
  };
  const check = (): void => {
    if (index.isFull) throw new StatusError(Code.ResourceExhausted, "no room");
  };
  return index;
}
