import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { join } from "node:path";
import { createHasher, type Hasher } from "../../digest/index.js";
import { createLimiter } from "../../coordinator/index.js";
import { formatNixHash, hashPartOf, printNarInfo, type NarInfo, type StorePath } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { PathDescription } from "../import/path-description.js";
import type { Signer } from "../registration/signer.js";
import { CACHE_INFO, CACHE_INFO_BYTES_MAX, parseCacheInfo, printCacheInfo } from "../substitute/cache/cache-info.js";
import type { CacheFiles, OutgoingFile } from "../substitute/cache/cache-files.js";
import { readBounded } from "../substitute/cache/read-bounded.js";
import type { Offer } from "../substitute/path-source.js";
import { counted } from "./counted.js";
import type { Packer } from "./pack.js";
import type { AddPathOptions, PathDestination } from "./path-destination.js";

/** How a binary cache is written. */
export interface CacheDestinationOptions {
  readonly storeDir: string;
  readonly packer: Packer;
  /** Signs what it is handed; paths keep the signatures they have. */
  readonly signer?: Signer;
  /** Archives are packed into it before they are sent: their names are their hashes. */
  readonly temporaryDirectory: string;
}

/** Looked for at once. */
const QUERIES_MAX = 16;

/** What a new cache says of itself: after the caches of others, and glad to be asked. Nix's own, without a priority, would be asked first. */
const NEW_CACHE = { wantsMassQuery: true, priority: 40 };

/** A binary cache, to copy to, in the layout that Nix writes. Disposing it lets its files go. */
export function createCacheDestination(files: CacheFiles, options: CacheDestinationOptions): PathDestination {
  const { uri } = files;
  const { storeDir, packer, signer, temporaryDirectory } = options;
  const queries = createLimiter(QUERIES_MAX);
  let prepared: Promise<void> | undefined;
  let packed = 0;

  /** A cache that is new is made one; one for other stores is refused. */
  async function prepare(): Promise<void> {
    const source = await files.open(CACHE_INFO);
    if (source === undefined) {
      await files.put(CACHE_INFO, textFile("text/x-nix-cache-info", printCacheInfo({ storeDir, ...NEW_CACHE })));
      return;
    }
    const info = parseCacheInfo(uri, (await readBounded(source, CACHE_INFO_BYTES_MAX, CACHE_INFO)).toString("utf8"));
    if (info.storeDir !== storeDir)
      throw new StatusError(
        Code.FailedPrecondition,
        `binary cache '${uri}' is for Nix stores with prefix '${info.storeDir}', not '${storeDir}'`,
      );
  }

  async function putArchive(offer: Offer, { signal, onReceived = () => undefined }: AddPathOptions): Promise<NarInfo> {
    const { info } = offer;
    const temporary = join(temporaryDirectory, `${String(packed++)}.nar${packer.suffix}`);
    try {
      const nar = measured();
      const file = measured();
      const source = nar.through(counted(offer.open(signal), onReceived));
      // Opened before anything can fail: a stream that opens it by itself might do so after it was removed.
      const sink = (await open(temporary, "wx", 0o600)).createWriteStream();
      await pipeline(file.through(packer.pack(source)), sink, ...(signal === undefined ? [] : [{ signal }]));
      checkArchive(storeDir, info, nar);
      const fileHash = { algorithm: "sha256", hex: file.digest() } as const;
      const url = `nar/${formatNixHash(fileHash, "nixbase32")}.nar${packer.suffix}`;
      const more = signal === undefined ? {} : { signal };
      const { sizeBytes } = file;
      if (!(await files.has(url, more)))
        await files.put(
          url,
          { contentType: "application/x-nix-nar", sizeBytes, open: () => createReadStream(temporary) },
          more,
        );
      return narInfoOf(info, { url, compression: packer.compression, fileHash, fileSizeBytes: sizeBytes });
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    uri,
    async validAmong(paths, signal) {
      await (prepared ??= prepare());
      const more = signal === undefined ? {} : { signal };
      const there = await Promise.all(paths.map((path) => queries(() => files.has(narInfoName(path), more))));
      return new Set(paths.filter((_, i) => there[i]));
    },
    async add(offer, how) {
      await (prepared ??= prepare());
      const { signal, references } = how;
      const info = await putArchive({ ...offer, info: signer?.sign(offer.info) ?? offer.info }, how);
      await references;
      const text = printNarInfo(storeDir, info);
      const more = signal === undefined ? {} : { signal };
      await files.put(narInfoName(info.path), textFile("text/x-nix-narinfo", text), more);
    },
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

const narInfoName = (path: StorePath): string => `${hashPartOf(path)}.narinfo`;

function textFile(contentType: string, text: string): OutgoingFile {
  const bytes = Buffer.from(text);
  return {
    contentType,
    sizeBytes: bytes.byteLength,
    async *open() {
      yield bytes;
    },
  };
}

interface Measured {
  readonly sizeBytes: number;
  through(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** SHA-256 of what went through; once. */
  digest(): string;
}

function measured(): Measured {
  const hasher: Hasher = createHasher("sha256");
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async *through(source) {
      for await (const piece of source) {
        hasher.update(piece);
        sizeBytes += piece.byteLength;
        yield piece;
      }
    },
    digest: () => hasher.digest(),
  };
}

/** A cache must not hold what its description does not fit, wherever that comes from. */
function checkArchive(storeDir: string, { path, narHash, narSizeBytes }: PathDescription, nar: Measured): void {
  if (nar.sizeBytes === narSizeBytes && nar.digest() === narHash) return;
  throw new StatusError(Code.DataLoss, `the archive of '${storeDir}/${path}' is not the one that was described`);
}

function narInfoOf(
  { path, narHash, narSizeBytes, references, deriver, signatures, ca }: PathDescription,
  file: Pick<NarInfo, "url" | "compression" | "fileHash" | "fileSizeBytes">,
): NarInfo {
  return {
    path,
    ...file,
    narHash: { algorithm: "sha256", hex: narHash },
    narSizeBytes,
    references,
    signatures,
    ...(deriver !== undefined && { deriver }),
    ...(ca !== undefined && { ca }),
  };
}
