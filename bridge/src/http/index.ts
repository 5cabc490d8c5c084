export type { BazelCacheOptions } from "./bazel-cache/cache-handlers.js";
export { createBazelCacheRoutes } from "./bazel-cache/create-bazel-cache-routes.js";
export {
  createHttpServer,
  type FinishedRequest,
  type HttpServer,
  type HttpServerOptions,
  type HttpTls,
} from "./create-http-server.js";
export type { Exchange, Route } from "./exchange.js";
export { createServiceRoutes, type ServiceRoutesOptions } from "./service-routes.js";
export { parseByteRange, type ByteRange } from "./byte-range.js";
export { collect, contentLength, limited, withHash } from "./read-body.js";
export { sendBytes, sendStream, sendText } from "./replies.js";
export { compressZstd } from "./zstd.js";
