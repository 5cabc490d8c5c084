import { Code, StatusError } from "../../status/index.js";
import type { ProtoMethods } from "../proto-methods.js";
import { bind, type CallContext, type Service } from "../rpc.js";

/** Whether a server takes calls, for those who watch it. */
export interface Health {
  readonly isServing: boolean;
  /** Tells everybody who watches. */
  setServing(isServing: boolean): void;
  /** Settles with the next change; rejects with the reason of `signal`. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Starts as not serving. */
export function createHealth(): Health {
  let isServing = false;
  const waiting = new Set<() => void>();
  return {
    get isServing() {
      return isServing;
    },
    setServing(value) {
      if (value === isServing) return;
      isServing = value;
      for (const wake of waiting) wake();
    },
    changed: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const settle = (): void => {
          waiting.delete(settle);
          signal.removeEventListener("abort", settle);
          if (signal.aborted) reject(signal.reason as Error);
          else resolve();
        };
        waiting.add(settle);
        signal.addEventListener("abort", settle);
      }),
  };
}

/** What {@link createHealthService} needs. */
export interface HealthServiceOptions {
  readonly methods: ProtoMethods;
  readonly health: Health;
  /** Full names of the services that are served. */
  readonly services: readonly string[];
}

/**
 * The health service. All services of a server are healthy together. Needs no credential: those who ask are load balancers.
 *
 * Source: gRPC, "GRPC Health Checking Protocol" (grpc.health.v1).
 */
export function createHealthService({ methods, health, services }: HealthServiceOptions): Service {
  const names = new Set(["", ...services]);
  const status = (): "SERVING" | "NOT_SERVING" => (health.isServing ? "SERVING" : "NOT_SERVING");
  return [
    bind(methods.health.check, ({ service = "" }) => {
      if (!names.has(service)) throw new StatusError(Code.NotFound, `there is no service '${service}' here`);
      return Promise.resolve({ status: status() });
    }),
    bind(methods.health.list, () =>
      Promise.resolve({ statuses: Object.fromEntries([...names].map((name) => [name, { status: status() }])) }),
    ),
    bind(methods.health.watch, async function* ({ service = "" }, call: CallContext) {
      for (;;) {
        yield { status: names.has(service) ? status() : ("SERVICE_UNKNOWN" as const) };
        await health.changed(call.signal);
      }
    }),
  ];
}
