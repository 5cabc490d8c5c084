import { Code, StatusError } from "../../../status/index.js";
import type { CacheFiles } from "./cache-files.js";
import { createDirectoryFiles } from "./create-directory-files.js";
import { withoutLogin } from "../../http/http-request.js";
import { createHttpFiles, type HttpFilesOptions } from "./create-http-files.js";

/** The URL of a binary cache, with what it says of how to use it. */
export interface CacheLocation {
  readonly files: CacheFiles;
  /** What follows the question mark. */
  readonly parameters: URLSearchParams;
}

/** What caches are opened with. */
export interface OpenCacheOptions {
  readonly http: HttpFilesOptions;
  /** Names a file that is being written; never the same twice. */
  readonly unique: () => string;
}

/** Whether a URL is that of a binary cache. */
export function isCacheUrl(text: string): boolean {
  return /^(https?|file|s3):\/\//.test(text);
}

/**
 * The files of the cache at a URL: `http(s)://…`, `file:///DIR`, or `s3://BUCKET` for a bucket that everybody may read.
 *
 * @throws StatusError InvalidArgument for anything else.
 */
export function openCacheFiles(text: string, { http, unique }: OpenCacheOptions): CacheLocation {
  const url = parse(text);
  const { searchParams: parameters } = url;
  const base = text.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const uri = withoutLogin(base); // It is shown to people, and written to logs.
  switch (url.protocol) {
    case "http:":
    case "https:":
      return { files: createHttpFiles(uri, base, http), parameters };
    case "file:":
      return { files: createDirectoryFiles(uri, decodeURIComponent(url.pathname), unique), parameters };
    case "s3:":
      return { files: createHttpFiles(uri, bucketUrl(url), http), parameters };
    default:
      throw notACache(text);
  }
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw notACache(text, cause);
  }
}

function notACache(text: string, cause?: unknown): StatusError {
  return new StatusError(
    Code.InvalidArgument,
    `'${text}' is not the URL of a binary cache: http(s)://HOST, file:///DIR or s3://BUCKET`,
    { cause },
  );
}

/** Without a signature: credentials for private buckets are not read. Source: Nix, src/libstore/s3-binary-cache-store.md. */
function bucketUrl({ hostname, pathname, searchParams }: URL): string {
  const path = pathname.replace(/\/+$/, "");
  const scheme = searchParams.get("scheme") ?? "https";
  const endpoint = searchParams.get("endpoint");
  if (endpoint !== null) return `${scheme}://${endpoint.replace(/^https?:\/\//, "")}/${hostname}${path}`;
  return `${scheme}://${hostname}.s3.${searchParams.get("region") ?? "us-east-1"}.amazonaws.com${path}`;
}
