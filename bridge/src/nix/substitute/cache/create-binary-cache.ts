import {
  NarInfoError,
  NAR_INFO_BYTES_MAX,
  hashPartOf,
  parseNarInfo,
  type NarInfo,
  type StorePath,
} from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { Clock } from "../../../store/index.js";
import type { Offer, PathSource } from "../path-source.js";
import { createAvailability } from "./availability.js";
import type { CacheFiles } from "./cache-files.js";
import { CACHE_INFO, CACHE_INFO_BYTES_MAX, parseCacheInfo, type CacheInfo } from "./cache-info.js";
import { descriptionOf } from "./description-of.js";
import { atMost, checkedFile } from "./checked-file.js";
import { unpackNar } from "./compressions.js";
import { createNarInfoMemo } from "./nar-info-memo.js";
import { readBounded } from "./read-bounded.js";

/** A binary cache, to be read. */
export interface BinaryCache extends PathSource {
  /** What it says of itself; asked once. @throws StatusError Unavailable; InvalidArgument if it is no cache for our store. */
  describe(): Promise<CacheInfo>;
}

/** How a cache is read. */
export interface BinaryCacheOptions {
  readonly storeDir: string;
  readonly clock: Clock;
  readonly positiveTtlMs: number;
  readonly negativeTtlMs: number;
  /** How long the first answer may take in all, tries included. */
  readonly contactTimeoutMs: number;
  /** How long it may take to say what it has of one path. */
  readonly queryTimeoutMs: number;
  /** How long it is left alone after it could not be reached. */
  readonly awayMs: number;
  /** In place of its own. */
  readonly priority?: number;
}

/** Tries for the first contact: a connection that is refused is so at once, and whoever waits wants to build. */
const CONTACT_ATTEMPTS_MAX = 3;

/** Reads a binary cache. Disposing it lets its files go. */
export function createBinaryCache(files: CacheFiles, options: BinaryCacheOptions): BinaryCache {
  const { uri } = files;
  const { storeDir, clock, contactTimeoutMs, queryTimeoutMs, awayMs } = options;
  const memo = createNarInfoMemo(options);
  const availability = createAvailability(clock, awayMs);
  let contact: Promise<CacheInfo> | undefined;

  function describe(): Promise<CacheInfo> {
    contact ??= availability.use(readInfo, { anyFailure: true }).catch((reason: unknown) => {
      contact = undefined; // Whoever comes later tries again, but not before it may be there.
      throw reason;
    });
    return contact;
  }
  async function readInfo(): Promise<CacheInfo> {
    const text = await within(contactTimeoutMs, undefined, async (signal) => {
      const source = await files.open(CACHE_INFO, { signal, attemptsMax: CONTACT_ATTEMPTS_MAX });
      return source === undefined ? undefined : await readBounded(source, CACHE_INFO_BYTES_MAX, `${uri}/${CACHE_INFO}`);
    });
    if (text === undefined)
      throw new StatusError(Code.FailedPrecondition, `'${uri}' does not appear to be a binary cache`);
    const info = parseCacheInfo(uri, text.toString("utf8"));
    if (info.storeDir !== storeDir)
      throw new StatusError(
        Code.FailedPrecondition,
        `binary cache '${uri}' is for Nix stores with prefix '${info.storeDir}', not '${storeDir}'`,
      );
    return options.priority === undefined ? info : { ...info, priority: options.priority };
  }
  function within<T>(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(timeoutMs);
    return work(signal === undefined ? timeout : AbortSignal.any([signal, timeout])).catch((cause: unknown) => {
      if (!timeout.aborted || signal?.aborted === true) throw cause;
      const seconds = String(timeoutMs / 1000);
      throw new StatusError(Code.DeadlineExceeded, `binary cache '${uri}' did not answer within ${seconds} s`, {
        cause,
      });
    });
  }

  async function narInfoOf(path: StorePath, signal: AbortSignal | undefined): Promise<NarInfo | undefined> {
    const known = memo.get(path);
    if (known !== undefined) return known ?? undefined;
    await describe();
    const name = `${hashPartOf(path)}.narinfo`;
    const text = await availability.use(() =>
      within(queryTimeoutMs, signal, async (bounded) => {
        const source = await files.open(name, { signal: bounded });
        return source === undefined ? undefined : readBounded(source, NAR_INFO_BYTES_MAX, `${uri}/${name}`);
      }),
    );
    const info = text === undefined ? null : parse(name, path, text.toString("utf8"));
    memo.put(path, info);
    return info ?? undefined;
  }
  function parse(name: string, path: StorePath, text: string): NarInfo {
    const corrupt = (message: string, cause?: unknown): StatusError =>
      new StatusError(Code.DataLoss, `NAR info file '${uri}/${name}' is corrupt: ${message}`, { cause });
    let info: NarInfo;
    try {
      info = parseNarInfo(storeDir, text);
    } catch (cause) {
      if (cause instanceof NarInfoError) throw corrupt(cause.message, cause);
      throw cause;
    }
    if (info.path !== path) throw corrupt(`it is about '${storeDir}/${info.path}'`);
    if (info.narHash.algorithm !== "sha256") throw corrupt(`its NarHash is no SHA-256`);
    return info;
  }

  async function* open(info: NarInfo, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const name = `${uri}/${info.url}`;
    const source = await availability.use(() => files.open(info.url, signal === undefined ? {} : { signal }));
    if (source === undefined) throw new StatusError(Code.NotFound, `file '${name}' does not exist`);
    const file = checkedFile(source, { name, sizeBytes: info.fileSizeBytes, hash: info.fileHash });
    yield* atMost(unpackNar(info.compression, file), info.narSizeBytes, `archive '${name}'`);
    if (!file.isWhole) throw new StatusError(Code.DataLoss, `file '${name}' goes on after the end of the archive`);
  }
  function offerOf(info: NarInfo): Offer {
    return {
      info: descriptionOf(info),
      downloadBytes: info.fileSizeBytes ?? 0,
      async *open(signal) {
        try {
          yield* open(info, signal);
        } catch (reason) {
          memo.forget(info.path); // It may have been replaced, or removed.
          throw reason;
        }
      },
    };
  }

  return {
    uri,
    describe,
    async find(path, signal) {
      const info = await narInfoOf(path, signal);
      return info === undefined ? undefined : offerOf(info);
    },
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}
