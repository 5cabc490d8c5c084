/** An async iterable that is pushed into: the bridge from a walk that has pieces to a store that asks for them. One consumer. */
export interface PieceQueue {
  readonly source: AsyncIterable<Uint8Array>;
  /** Resolves when the consumer wants more; at once after it has stopped. */
  push(piece: Uint8Array): Promise<void>;
  /** No more pieces. */
  end(): void;
  /** The source fails with `reason`, and pushing has no effect any more. */
  fail(reason: unknown): void;
}

export function createPieceQueue(): PieceQueue {
  let piece: Uint8Array | undefined;
  let state: "open" | "ended" | "failed" | "stopped" = "open";
  let failure: unknown;
  let wakeConsumer: (() => void) | undefined;
  let wakeProducer: (() => void) | undefined;
  const stop = (): void => {
    state = "stopped";
    wakeProducer?.();
  };
  async function* take(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        if (piece !== undefined) {
          const taken = piece;
          piece = undefined;
          wakeProducer?.();
          yield taken;
        } else if (state === "failed") throw failure;
        else if (state === "ended") return;
        else await new Promise<void>((resolve) => (wakeConsumer = resolve));
      }
    } finally {
      stop();
    }
  }
  return {
    source: take(),
    async push(next) {
      while (piece !== undefined && state === "open") await new Promise<void>((resolve) => (wakeProducer = resolve));
      if (state !== "open") return;
      piece = next;
      wakeConsumer?.();
    },
    end() {
      if (state === "open") state = "ended";
      wakeConsumer?.();
    },
    fail(reason) {
      if (state === "open") state = "failed";
      failure = reason;
      wakeConsumer?.();
      wakeProducer?.();
    },
  };
}
