import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A page that builders of `held.nix` fetch, and that they get when the test says so. */
export interface HeldPage extends AsyncDisposable {
  readonly port: string;
  /** How often it was asked for: how often a builder ran. */
  readonly asked: number;
  /** Resolves when it was asked for so often. */
  askedFor(times: number): Promise<void>;
  /** Answers who waits, and whoever asks later. */
  release(): void;
}

/** Serves one on a free port. */
export async function openHeldPage(): Promise<HeldPage> {
  const waiting: ServerResponse[] = [];
  const watchers = new Set<() => void>();
  let asked = 0;
  let isHeld = true;
  const server = createServer((_, response) => {
    asked++;
    if (isHeld) waiting.push(response);
    else response.end("held\n");
    for (const wake of watchers) wake();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: String((server.address() as AddressInfo).port),
    get asked() {
      return asked;
    },
    async askedFor(times) {
      while (asked < times)
        await new Promise<void>((resolve) => {
          watchers.add(resolve);
        });
    },
    release() {
      isHeld = false;
      for (const response of waiting.splice(0)) response.end("held\n");
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
