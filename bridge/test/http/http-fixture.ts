import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { anyone, type Access, type Caller, type Right } from "#src/access/index.js";
import {
  createBazelCacheRoutes,
  createHttpServer,
  createServiceRoutes,
  type FinishedRequest,
} from "#src/http/index.js";
import { createMemoryStore, type LocalStore } from "#src/store/index.js";

export const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** May do what the list says, on any instance. */
export function callerWith(...rights: readonly Right[]): Caller {
  return { name: "tester", anonymous: false, allows: (right) => rights.includes(right) };
}

export interface Fixture extends AsyncDisposable {
  readonly url: string;
  readonly store: LocalStore;
  readonly finished: FinishedRequest[];
  readonly bytes: Map<string, number>;
  readonly health: { ready: boolean };
}

export interface FixtureOptions {
  readonly access?: Access;
  readonly blobBytesMax?: number;
  readonly checkInstance?: (instanceName: string) => void;
  readonly stallMs?: number;
}

/** An HTTP cache over a store in memory. */
export async function openFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const store = createMemoryStore();
  const finished: FinishedRequest[] = [];
  const bytes = new Map<string, number>();
  const health = { ready: true };
  const server = await createHttpServer({
    host: "127.0.0.1",
    port: 0,
    access: options.access ?? (() => anyone),
    limits: { connectionsMax: 100, stallMs: options.stallMs ?? 10_000 },
    routes: [
      ...createServiceRoutes({
        health: () => ({ ready: health.ready, state: health.ready ? "ready" : "draining" }),
        status: async () => ({ blobs: 0 }),
        metrics: async () => ({ contentType: "text/plain", text: "up 1\n" }),
      }),
      ...createBazelCacheRoutes({
        blobs: store.blobs,
        actionCache: store.actionCache,
        ...(options.checkInstance === undefined ? {} : { checkInstance: options.checkInstance }),
        limits: { blobBytesMax: options.blobBytesMax ?? 1 << 20, actionResultBytesMax: 1 << 16 },
      }),
    ],
    onRequestEnd: (request) => void finished.push(request),
    onBytes(direction, compressor, n) {
      const key = `${direction} ${compressor}`;
      bytes.set(key, (bytes.get(key) ?? 0) + n);
    },
  });
  return {
    url: server.url,
    store,
    finished,
    bytes,
    health,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await store[Symbol.asyncDispose]();
    },
  };
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the server asked for the body after `Expect: 100-continue`. */
  readonly continued: boolean;
}

/** One request of node:http, which, unlike fetch, lets a test see encodings and `Expect` as they are. */
export function send(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  body: Uint8Array | string = "",
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false });
    let continued = false;
    request.on("continue", () => {
      continued = true;
      request.end(body);
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        request.destroy();
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(pieces), continued });
      });
    });
    if (headers["expect"] === undefined) request.end(body);
    else request.flushHeaders();
  });
}
