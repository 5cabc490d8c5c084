export { createBuiltins, type BuiltinsOptions } from "./create-builtins.js";
export type { FetchUrlSettings } from "./fetch-url.js";
export { DownloadError, openDownload, type DownloadOptions } from "./http-download.js";
export { compressionOf, decompress, type Compression } from "./decompress.js";
