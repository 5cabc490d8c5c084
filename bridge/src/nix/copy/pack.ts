import { pipeline } from "node:stream";
import { constants, createBrotliCompress, createGzip, createZstdCompress } from "node:zlib";
import { Code, StatusError } from "../../status/index.js";
import { throughProgram } from "../builtins/decompress.js";

/** Quality of brotli: its default, 11, is made for pages that are packed once. */
const BROTLI_QUALITY = 6;

/** Ways in which archives are packed, with the suffix of their files. Source: Nix, `BinaryCacheStore::addToStoreCommon`. */
const SUFFIXES = { none: "", zstd: ".zst", xz: ".xz", bzip2: ".bz2", gzip: ".gz", br: ".br" } as const;

/** A way of packing. */
export interface Packer {
  /** As a narinfo names it. */
  readonly compression: string;
  /** Of files, with its dot. */
  readonly suffix: string;
  pack(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** @throws StatusError InvalidArgument for a way that we do not know. */
export function packerOf(compression: string): Packer {
  if (!isKnown(compression))
    throw new StatusError(
      Code.InvalidArgument,
      `cannot pack archives with '${compression}', only with ${Object.keys(SUFFIXES).join(", ")}`,
    );
  return { compression, suffix: SUFFIXES[compression], pack: (source) => pack(compression, source) };
}

function isKnown(compression: string): compression is keyof typeof SUFFIXES {
  return Object.hasOwn(SUFFIXES, compression);
}

function pack(compression: keyof typeof SUFFIXES, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // The callback is where a pipeline puts errors; iteration throws them too.
  const ignore = (): void => undefined;
  switch (compression) {
    case "none":
      return source;
    case "zstd":
      return pipeline(source, createZstdCompress(), ignore);
    case "xz":
    case "bzip2":
      return throughProgram(compression, ["-c"], source);
    case "gzip":
      return pipeline(source, createGzip(), ignore);
    case "br": {
      const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
      return pipeline(source, createBrotliCompress({ params }), ignore);
    }
  }
}
