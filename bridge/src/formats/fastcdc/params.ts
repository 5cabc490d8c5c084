/** How a blob is cut into chunks by its contents. Equal parameters give equal chunks everywhere. */
export interface FastCdcParams {
  readonly minBytes: number;
  readonly averageBytes: number;
  readonly maxBytes: number;
  /** How strongly sizes are drawn to the average: 0 (not at all) to 3. */
  readonly normalization: 0 | 1 | 2 | 3;
  /** Combined with the gear table by exclusive or; 64 bits. Default: 0. */
  readonly seed?: bigint;
}

/** The limits of the crate `fastcdc`: outside of them its masks are not defined. */
const MIN_BYTES = { least: 64, most: 1_048_576 };
const AVERAGE_BYTES = { least: 256, most: 4_194_304 };
const MAX_BYTES = { least: 1024, most: 16_777_216 };
const SEED_MAX = 2n ** 64n - 1n;

/** REAPI takes averages in this range only; a client ignores a server that offers others. */
const REAPI_AVERAGE_BYTES = { least: 1024, most: 1_048_576 };
/** What REAPI recommends. */
const REAPI_AVERAGE_BYTES_DEFAULT = 524_288;
/** Tvix, castore/src/blobservice/object_store.rs */
const TVIX_AVERAGE_BYTES_DEFAULT = 262_144;

/**
 * The parameters of `FAST_CDC_2020` in the Remote Execution API.
 *
 * @throws RangeError for an average outside 1 KiB to 1 MiB.
 */
export function reapiChunking(averageBytes = REAPI_AVERAGE_BYTES_DEFAULT, seed = 0n): FastCdcParams {
  checkRange("average", averageBytes, REAPI_AVERAGE_BYTES);
  return checkParams({
    minBytes: Math.floor(averageBytes / 4),
    averageBytes,
    maxBytes: averageBytes * 4,
    normalization: 2,
    seed,
  });
}

/** The parameters by which Tvix and Snix chunk blobs in object stores. */
export function tvixChunking(averageBytes = TVIX_AVERAGE_BYTES_DEFAULT): FastCdcParams {
  return checkParams({
    minBytes: Math.floor(averageBytes / 2),
    averageBytes,
    maxBytes: averageBytes * 2,
    normalization: 1,
  });
}

/** @throws RangeError if a size is out of its range, or the sizes are not in ascending order. */
export function checkParams(params: FastCdcParams): FastCdcParams {
  checkRange("minimum", params.minBytes, MIN_BYTES);
  checkRange("average", params.averageBytes, AVERAGE_BYTES);
  checkRange("maximum", params.maxBytes, MAX_BYTES);
  if (params.minBytes > params.averageBytes || params.averageBytes > params.maxBytes)
    throw new RangeError("chunk sizes are not in the order of minimum, average, maximum");
  const seed = params.seed ?? 0n;
  if (seed < 0n || seed > SEED_MAX) throw new RangeError(`seed ${String(seed)} does not fit 64 bits`);
  return params;
}

function checkRange(what: string, value: number, range: { readonly least: number; readonly most: number }): void {
  if (!Number.isSafeInteger(value) || value < range.least || value > range.most)
    throw new RangeError(
      `${what} chunk size ${String(value)} is not between ${String(range.least)} and ${String(range.most)} bytes`,
    );
}
