import type { ClientStream } from "#src/nix/worker/index.js";
import type { WorkerStream } from "#src/nix/worker/worker-stream.js";

/** One direction of a connection in memory. */
function createPipe(): { readonly output: AsyncIterable<Uint8Array>; write(bytes: Uint8Array): void; end(): void } {
  const pieces: Uint8Array[] = [];
  const ended = new AbortController();
  let wake = (): void => undefined;
  return {
    write(bytes) {
      pieces.push(Buffer.from(bytes));
      wake();
    },
    end() {
      ended.abort();
      wake();
    },
    output: (async function* () {
      for (;;) {
        for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) yield piece;
        if (ended.signal.aborted) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    })(),
  };
}

/** Both ends of a connection in memory. */
export function createDuplex(): { readonly client: ClientStream; readonly server: WorkerStream } {
  const [up, down] = [createPipe(), createPipe()];
  const hangUp = (): void => {
    up.end();
    down.end();
  };
  return {
    client: {
      input: down.output,
      write: async (bytes) => up.write(bytes),
      destroy: hangUp,
      close: async () => hangUp(),
    },
    server: { input: up.output, write: async (bytes) => down.write(bytes), destroy: hangUp },
  };
}
