import { hashBytes } from "#src/digest/index.js";
import {
  DEFAULT_STORE_DIR,
  fingerprintOf,
  formatNixHash,
  hashPartOf,
  makeSecretKeyText,
  parsePublicKey,
  parseSecretKey,
  parseStorePath,
  printNarInfo,
  signFingerprint,
  type NarInfo,
  type StorePath,
} from "#src/formats/index.js";
import { createDerivationChecker } from "#src/nix/import/derivation-checker.js";
import type { ImportContext } from "#src/nix/import/import-context.js";
import { createNixStoreSource } from "#src/nix/index.js";
import type { CacheFiles } from "#src/nix/substitute/cache/cache-files.js";
import {
  createBinaryCache,
  type BinaryCache,
  type BinaryCacheOptions,
} from "#src/nix/substitute/cache/create-binary-cache.js";
import { createMemoryStore } from "#src/store/index.js";
import { narOfText } from "../worker/open-daemon.js";

export const STORE_DIR = DEFAULT_STORE_DIR;
export const KEY = parseSecretKey(makeSecretKeyText("test-1", new Uint8Array(32).fill(7)));

/** A clock that stands still unless it is moved. */
export interface FakeClock {
  now: number;
  nowMs(): number;
}

export function createClock(): FakeClock {
  return {
    now: 1_800_000_000_000,
    nowMs() {
      return this.now;
    },
  };
}

/** The n-th path of a test: paths that do not follow from their contents. */
export function pathOf(number: number, name = "thing"): StorePath {
  return parseStorePath(`${String(number).padStart(32, "0")}-${name}`);
}

/** A path as a cache has it. */
export interface CachedPath {
  readonly info: NarInfo;
  readonly nar: Buffer;
}

/** A path with these contents, not packed and signed by {@link KEY}. */
export function cachedPath(path: StorePath, text: string, references: readonly StorePath[] = []): CachedPath {
  const nar = narOfText(text);
  const hash = { algorithm: "sha256", hex: hashBytes("sha256", nar) } as const;
  const info = { path, narHash: hash.hex, narSizeBytes: nar.byteLength, references };
  return {
    nar,
    info: {
      ...{ path, narSizeBytes: nar.byteLength, references, compression: "none", narHash: hash },
      ...{ fileHash: hash, fileSizeBytes: nar.byteLength },
      url: `nar/${formatNixHash(hash, "nixbase32")}.nar`,
      signatures: [signFingerprint(KEY, fingerprintOf(STORE_DIR, info))],
    },
  };
}

/** Files in memory, and what was asked for. */
export interface FakeFiles extends CacheFiles {
  readonly contents: Map<string, Buffer | (() => AsyncIterable<Uint8Array>)>;
  readonly asked: string[];
  /** Called before a file is opened; what it throws is thrown. */
  onOpen: (name: string, signal: AbortSignal | undefined) => Promise<void> | void;
}

export function createFiles(uri = "fake://cache"): FakeFiles {
  const contents: FakeFiles["contents"] = new Map();
  const asked: string[] = [];
  contents.set("nix-cache-info", Buffer.from("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 40\n"));
  return {
    uri,
    contents,
    asked,
    onOpen: () => undefined,
    async open(name, options) {
      asked.push(name);
      await this.onOpen(name, options?.signal);
      const found = contents.get(name);
      if (found === undefined) return undefined;
      return typeof found === "function" ? found() : inPieces(found);
    },
    has: async (name) => contents.has(name),
    async put(name, file) {
      contents.set(name, Buffer.concat(await Array.fromAsync(file.open())));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** In small pieces, as a network brings them. */
export async function* inPieces(bytes: Buffer, size = 13): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

/** Puts a path into a cache, perhaps otherwise than it says. */
export function publish(files: FakeFiles, { info, nar }: CachedPath, changed: Partial<NarInfo> = {}): void {
  const narInfo = { ...info, ...changed };
  files.contents.set(`${hashPartOf(info.path)}.narinfo`, Buffer.from(printNarInfo(STORE_DIR, narInfo)));
  files.contents.set(narInfo.url, nar);
}

export function openFake(files: CacheFiles, options: Partial<BinaryCacheOptions> = {}): BinaryCache {
  return createBinaryCache(files, {
    ...{ storeDir: STORE_DIR, clock: createClock(), positiveTtlMs: 1_000_000, negativeTtlMs: 1_000 },
    ...{ contactTimeoutMs: 5_000, queryTimeoutMs: 5_000, awayMs: 60_000 },
    ...options,
  });
}

/** An empty store that trusts {@link KEY}. */
export function openContext(): ImportContext {
  const store = createMemoryStore();
  const clock = createClock();
  const source = createNixStoreSource({
    store,
    storeDir: STORE_DIR,
    directories: [],
    nowSeconds: () => clock.now / 1000,
  });
  return {
    ...{ store, storeDir: STORE_DIR, clock },
    publicKeys: [parsePublicKey(KEY.publicKeyText)],
    checker: createDerivationChecker(STORE_DIR, source),
  };
}

/** Never ends by itself. */
export function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason as Error);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
