import { demand } from "../access/index.js";
import { sendBytes, sendText } from "./replies.js";
import type { Exchange, Route } from "./exchange.js";

/** What {@link createServiceRoutes} needs. */
export interface ServiceRoutesOptions {
  /** Whether new work is welcome, and a word that says so: `ready`, `draining`. */
  health(): { readonly ready: boolean; readonly state: string };
  /** What `/status` says, as plain data. */
  status(): Promise<unknown>;
  /** What `/metrics` says; without it there is none. */
  metrics?(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/**
 * `/healthz` for load balancers, open to all; `/status` and `/metrics` for those who may read everything.
 */
export function createServiceRoutes(options: ServiceRoutesOptions): Route[] {
  const at = (path: string, handle: (exchange: Exchange) => Promise<void>): Route => ({
    name: path.slice(1),
    methods: ["GET", "HEAD"],
    matches: (asked) => asked === path,
    handle,
  });
  return [
    at("/healthz", async (exchange) => {
      const { ready, state } = options.health();
      sendText(exchange, ready ? 200 : 503, state);
    }),
    at("/status", async (exchange) => {
      demand(exchange.caller, "read", "");
      const text = JSON.stringify(await options.status(), undefined, 2);
      sendBytes(exchange, "application/json", Buffer.from(`${text}\n`));
    }),
    ...(options.metrics === undefined
      ? []
      : [
          at("/metrics", async (exchange) => {
            demand(exchange.caller, "read", "");
            const { contentType, text } = await options.metrics!();
            sendBytes(exchange, contentType, Buffer.from(text));
          }),
        ]),
  ];
}
