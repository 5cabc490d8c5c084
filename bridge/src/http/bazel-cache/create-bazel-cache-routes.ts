import { demand } from "../../access/index.js";
import type { Route } from "../exchange.js";
import { createActionResultHandlers } from "./action-results.js";
import { createBlobHandlers } from "./blobs.js";
import type { BazelCacheOptions, CacheHandlers } from "./cache-handlers.js";
import { parseCachePath, type CachePath } from "./cache-path.js";

/**
 * The HTTP cache that Bazel speaks with `--remote_cache=http://…`, as bazel-remote does too: GET, HEAD and PUT of `/[INSTANCE/]ac/SHA256` and
 * `/[INSTANCE/]cas/SHA256`, compressed by `Accept-Encoding: zstd` and `Content-Encoding: zstd`.
 *
 * Sources: Bazel, docs/remote/caching.mdx, "HTTP caching protocol"; bazel-remote, README.md.
 */
export function createBazelCacheRoutes(options: BazelCacheOptions): Route[] {
  const handlers: Readonly<Record<CachePath["kind"], CacheHandlers>> = {
    cas: createBlobHandlers(options),
    ac: createActionResultHandlers(options),
  };
  return (["cas", "ac"] as const).map((kind) => ({
    name: kind,
    methods: ["GET", "HEAD", "PUT"],
    matches: (path) => parseCachePath(path)?.kind === kind,
    async handle(exchange) {
      const path = parseCachePath(exchange.path)!;
      options.checkInstance?.(path.instanceName);
      const writes = exchange.request.method === "PUT";
      if (!writes) demand(exchange.caller, "read", path.instanceName);
      else demand(exchange.caller, kind === "ac" ? "write" : ["write", "execute"], path.instanceName);
      await (writes ? handlers[kind].write(exchange, path) : handlers[kind].read(exchange, path));
    },
  }));
}
