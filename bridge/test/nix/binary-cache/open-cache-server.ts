import { anyone, type Caller, type Right } from "#src/access/index.js";
import { formatNixHash, hashPartOf, printNarInfo, type NarInfo } from "#src/formats/index.js";
import { hashBytes } from "#src/digest/index.js";
import { createHttpServer, type FinishedRequest } from "#src/http/index.js";
import { createBinaryCacheRoutes, type BinaryCacheServerOptions } from "#src/nix/binary-cache/index.js";
import { createSigner } from "#src/nix/registration/index.js";
import type { ImportContext } from "#src/nix/import/import-context.js";
import { openContext, STORE_DIR, type CachedPath } from "../substitute/fake-cache.js";

/** A binary cache over a store in memory. */
export interface CacheServer extends AsyncDisposable {
  readonly url: string;
  readonly context: ImportContext;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** @returns the status and the text of the answer. */
  put(path: string, body: Uint8Array | string): Promise<[status: number, text: string]>;
  /** Uploads a path as Nix does: its archive, then its description, perhaps otherwise than it is. */
  upload(path: CachedPath, changed?: Partial<NarInfo>): Promise<[status: number, text: string]>;
}

export interface CacheServerOptions extends Partial<BinaryCacheServerOptions> {
  /** What the caller may do; everything if left out. */
  readonly rights?: readonly Right[];
  readonly stallMs?: number;
  readonly onRequestEnd?: (request: FinishedRequest) => void;
}

export async function openCacheServer({
  rights,
  stallMs = 10_000,
  onRequestEnd = () => undefined,
  ...more
}: CacheServerOptions = {}): Promise<CacheServer> {
  const context = openContext();
  const caller: Caller =
    rights === undefined ? anyone : { name: "tester", anonymous: false, allows: (right) => rights.includes(right) };
  const server = await createHttpServer({
    ...{ host: "127.0.0.1", port: 0, limits: { connectionsMax: 100, stallMs } },
    access: () => caller,
    onRequestEnd,
    routes: createBinaryCacheRoutes({
      ...{ context, signer: createSigner([], STORE_DIR), compression: "none", priority: 40, wantsMassQuery: true },
      archiveBytesMax: 1 << 20,
      ...more,
    }),
  });
  const put = async (path: string, body: Uint8Array | string): Promise<[number, string]> => {
    const response = await fetch(`${server.url}${path}`, { method: "PUT", body: Buffer.from(body) });
    return [response.status, (await response.text()).trim()];
  };
  return {
    ...{ url: server.url, context, put },
    get: (path, headers = {}) => fetch(`${server.url}${path}`, { headers }),
    async upload({ info, nar }, changed = {}) {
      const archive = await put(archivePath(nar), nar);
      if (archive[0] !== 200) return archive;
      const described = { ...info, url: archivePath(nar).slice(1), ...changed };
      return put(`/${hashPartOf(info.path)}.narinfo`, printNarInfo(STORE_DIR, described));
    },
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await context.store[Symbol.asyncDispose]();
    },
  };
}

/** The name of a file that is not packed, or packed as its suffix says. */
export function archivePath(file: Uint8Array, suffix = ""): string {
  const hash = { algorithm: "sha256", hex: hashBytes("sha256", file) } as const;
  return `/nar/${formatNixHash(hash, "nixbase32")}.nar${suffix}`;
}
