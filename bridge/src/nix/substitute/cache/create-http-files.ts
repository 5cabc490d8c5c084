import { Code, StatusError } from "../../../status/index.js";
import { decompress } from "../../builtins/decompress.js";
import { createConnectionPool } from "../../http/connection-pool.js";
import { DownloadError } from "../../http/download-error.js";
import { openHttp, type DownloadOptions, type HttpRequestOptions, type HttpResponse } from "../../http/http-request.js";
import type { CacheFiles } from "./cache-files.js";

/** How a cache behind HTTP is talked to. */
export interface HttpFilesOptions extends Omit<DownloadOptions, "signal" | "pool"> {
  /** At once. */
  readonly connectionsMax: number;
}

/** Encodings that a server may have stored a file in; we ask for none. */
const ENCODINGS = { gzip: "gzip", "x-gzip": "gzip", br: "brotli", zstd: "zstd", xz: "xz", bzip2: "bzip2" } as const;

/** What tells "it is not there" from "it cannot be asked". A bucket that must not be listed says 403. Source: Nix, `curlFileTransfer`. */
const ABSENT: ReadonlySet<number | undefined> = new Set([403, 404, 410]);

/** The files below a URL of http or https. @param base without a slash at its end. */
export function createHttpFiles(uri: string, base: string, options: HttpFilesOptions): CacheFiles {
  const pool = createConnectionPool(options.connectionsMax);
  const urlOf = (name: string): string => (/^https?:\/\//.test(name) ? name : `${base}/${name}`);

  async function request(name: string, more: HttpRequestOptions): Promise<HttpResponse | undefined> {
    try {
      return await openHttp(urlOf(name), { ...options, pool, ...more });
    } catch (reason) {
      if (reason instanceof DownloadError && ABSENT.has(reason.status) && more.method !== "PUT") return undefined;
      throw statusOf(reason);
    }
  }
  return {
    uri,
    async open(name, more = {}) {
      const response = await request(name, more);
      return response === undefined ? undefined : decoded(response);
    },
    async has(name, more = {}) {
      const response = await request(name, { ...more, method: "HEAD" });
      if (response === undefined) return false;
      await drain(response);
      return true;
    },
    async put(name, file, more = {}) {
      const headers = { "content-type": file.contentType };
      const response = await request(name, { ...more, method: "PUT", headers, body: file });
      if (response !== undefined) await drain(response);
    },
    async [Symbol.asyncDispose]() {
      pool[Symbol.dispose]();
    },
  };
}

/** Its connection can be used again then. */
async function drain({ contents }: HttpResponse): Promise<void> {
  const pieces = contents[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
}

async function* decoded({ headers, contents }: HttpResponse): AsyncGenerator<Uint8Array, void, undefined> {
  const encoding = headers["content-encoding"] ?? "identity";
  try {
    if (encoding === "identity" || encoding === "") yield* contents;
    else if (encoding in ENCODINGS) yield* decompress(ENCODINGS[encoding as keyof typeof ENCODINGS], contents);
    else throw new StatusError(Code.Unimplemented, `content encoding '${encoding}' is not supported`);
  } catch (reason) {
    throw statusOf(reason);
  }
}

function statusOf(reason: unknown): StatusError {
  if (!(reason instanceof DownloadError)) return StatusError.from(reason);
  const { status, isTransient, message } = reason;
  const refused = status === 401 || status === 403 || status === 407;
  const code = refused ? Code.PermissionDenied : isTransient ? Code.Unavailable : Code.FailedPrecondition;
  return new StatusError(code, message, { cause: reason });
}
