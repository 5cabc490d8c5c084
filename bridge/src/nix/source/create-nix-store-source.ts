import { lstatSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DerivationSource } from "../../coordinator/index.js";
import {
  derivationPathOf,
  makeFixedOutputPath,
  makeTextPath,
  nameOf,
  parseContentAddress,
  parseDerivation,
  parseStorePathIn,
  printStorePath,
  type ContentAddress,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { Code, StatusError, hasCode } from "../../status/index.js";
import { addPath, readFileAt, type AddedPath, type PathInfo, type Store } from "../../store/index.js";
import { queryNixDatabase } from "./nix-database.js";
import { textReferences } from "./text-references.js";

/** What {@link createNixStoreSource} needs. */
export interface NixStoreSourceOptions {
  readonly store: Store;
  /** The logical store directory, e.g. `/nix/store`. */
  readonly storeDir: string;
  /** Physical store directories, asked in order, e.g. `/nix/store` or `/home/me/store/nix/store`. */
  readonly directories: readonly string[];
  /** Seconds since the epoch; what is imported is registered at this time. */
  readonly nowSeconds: () => number;
}

/** A derivation file larger than this is no derivation (Nixpkgs' largest are below 1 MB). */
const DERIVATION_BYTES_MAX = 64 * 1024 * 1024;
/** Texts above this size are not searched for references; evaluators write small ones. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Derivations and sources from the files of Nix stores, without asking Nix: a source proves by its path what its references are. Only a
 * path that was *built* needs Nix's database for that.
 */
export function createNixStoreSource(options: NixStoreSourceOptions): DerivationSource {
  const importing = new Map<StorePath, Promise<void>>();

  async function load(drvPath: StorePath): Promise<Derivation> {
    const contents = await readDerivation(drvPath);
    let derivation: Derivation;
    try {
      derivation = parseDerivation(options.storeDir, contents);
    } catch (cause) {
      throw new StatusError(
        Code.InvalidArgument,
        `derivation '${print(drvPath)}' cannot be read: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
    const expected = derivationPathOf(options.storeDir, nameOf(drvPath).replace(/\.drv$/, ""), derivation);
    if (expected !== drvPath)
      throw new StatusError(
        Code.InvalidArgument,
        `derivation '${print(drvPath)}' is damaged or not canonical: its contents belong to '${print(expected)}'`,
      );
    return derivation;
  }

  async function readDerivation(drvPath: StorePath): Promise<Uint8Array> {
    const directory = find(drvPath);
    if (directory !== undefined) {
      const file = join(directory, drvPath);
      // Synchronous: for a few kilobytes that the evaluator has just written, six turns through the thread pool cost more than the reading.
      const { size } = lstatSync(file);
      if (size > DERIVATION_BYTES_MAX)
        throw new StatusError(Code.InvalidArgument, `derivation '${print(drvPath)}' is too large: ${size} bytes`);
      return readFileSync(file);
    }
    const info = await options.store.pathInfos.get(drvPath);
    if (info === undefined) throw notFound(drvPath);
    return readFileAt(options.store, info.node, "");
  }

  function ensureValid(path: StorePath, signal?: AbortSignal): Promise<void> {
    const running = importing.get(path);
    if (running !== undefined) return running;
    const started = importPath(path, signal).finally(() => importing.delete(path));
    importing.set(path, started);
    return started;
  }

  async function importPath(path: StorePath, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if ((await options.store.pathInfos.get(path)) !== undefined) return;
    const directory = find(path);
    if (directory === undefined) throw notFound(path);
    const added = await addPath(options.store, join(directory, path), signal === undefined ? {} : { signal });
    const proof = (await prove(path, directory, added)) ?? (await registered(path, directory, added));
    if (proof === undefined)
      throw new StatusError(
        Code.FailedPrecondition,
        `the references of '${print(path)}' are not known: it is not a source that its path proves, and Nix's database does not know it`,
      );
    for (const reference of proof.references) if (reference !== path) await ensureValid(reference, signal);
    await options.store.pathInfos.putMany([
      {
        path,
        node: added.node,
        narHash: added.narHash,
        narSizeBytes: added.narSizeBytes,
        registrationTime: options.nowSeconds(),
        ultimate: false,
        signatures: [],
        ...proof,
      },
    ]);
  }

  type Proof = Pick<PathInfo, "references"> & Partial<Pick<PathInfo, "ca" | "deriver" | "signatures">>;

  /** The content addresses that an evaluator makes: an archive without references, or a text with them. */
  async function prove(path: StorePath, directory: string, added: AddedPath): Promise<Proof | undefined> {
    const name = nameOf(path);
    const nar: ContentAddress = { method: "nar", hash: { algorithm: "sha256", hex: added.narHash } };
    const none = { references: [], self: false };
    if (makeFixedOutputPath(options.storeDir, name, nar, none) === path) return { references: [], ca: nar };
    if (added.node.type !== "file" || added.node.executable) return undefined;
    const hex = (await options.store.blobs.stat({ fn: "blake3", hash: added.node.digest, sizeBytes: added.node.size }))
      ?.sha256;
    if (hex === undefined) return undefined;
    const hash = { algorithm: "sha256", hex } as const;
    const flat: ContentAddress = { method: "flat", hash };
    if (makeFixedOutputPath(options.storeDir, name, flat, none) === path) return { references: [], ca: flat };
    if (makeTextPath(options.storeDir, name, hex, []) === path) return { references: [], ca: { method: "text", hash } };
    if (added.node.size > TEXT_BYTES_MAX) return undefined;
    const references = textReferences(options.storeDir, directory, name, await readFile(join(directory, path)));
    if (makeTextPath(options.storeDir, name, hex, references) !== path) return undefined;
    return { references, ca: { method: "text", hash } };
  }

  async function registered(path: StorePath, directory: string, added: AddedPath): Promise<Proof | undefined> {
    const row = await queryNixDatabase(directory, print(path));
    if (row === undefined) return undefined;
    if (row.hash !== `sha256:${added.narHash}`)
      throw new StatusError(
        Code.DataLoss,
        `path '${print(path)}' was modified: Nix's database says ${row.hash}, its files have sha256:${added.narHash}`,
      );
    return {
      references: row.references.map((reference) => parseStorePathIn(options.storeDir, reference)).sort(),
      signatures: row.signatures,
      ...(row.deriver === undefined ? {} : { deriver: parseStorePathIn(options.storeDir, row.deriver) }),
      ...(row.ca === undefined ? {} : { ca: parseContentAddress(row.ca) }),
    };
  }

  /** The first directory that has the path. Anything but "it is not there" is an error, never "not there". */
  function find(path: StorePath): string | undefined {
    for (const directory of options.directories) {
      try {
        lstatSync(join(directory, path));
        return directory;
      } catch (cause) {
        const status = StatusError.from(cause);
        if (!hasCode(status, Code.NotFound)) throw StatusError.wrap(status, `looking for '${print(path)}'`);
      }
    }
    return undefined;
  }

  function notFound(path: StorePath): StatusError {
    const where = options.directories.join(", ");
    return new StatusError(
      Code.NotFound,
      `path '${print(path)}' is not valid here and not in ${where === "" ? "any Nix store" : where}`,
    );
  }

  function print(path: StorePath): string {
    return printStorePath(options.storeDir, path);
  }

  return { load, ensureValid };
}
