import { emptyHash, hashBytes, type BlobInfo } from "../../digest/index.js";
import type { ByteString } from "../../formats/bytes/byte-string.js";
import {
  encodeDirectory,
  sizeOf,
  type CastoreDirectory,
  type CastoreDirectoryNode,
  type CastoreEntry,
  type CastoreFileNode,
  type CastoreNode,
} from "../../formats/castore/index.js";
import type { NarEvent } from "../../formats/nar/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../store.js";
import { createPieceQueue, type PieceQueue } from "./piece-queue.js";

/** Files up to this go in batches, larger ones as streams. */
const SMALL_BYTES_MAX = 128 * 1024;

/** A batch of small files: large enough for one append and one commit to be cheap, small enough to be hashed in a few milliseconds. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_FILES = 1_024;

/** Directories stored in one commit. */
const DIRECTORIES_PER_COMMIT = 2_048;

/** A file whose digest may still be on its way. */
interface PendingFile {
  readonly type: "file";
  readonly executable: boolean;
  readonly size: number;
  digest: string;
}

interface PendingDirectory {
  readonly type: "directory";
  readonly entries: { readonly name: ByteString; node: PendingNode }[];
}

type PendingNode = PendingFile | PendingDirectory | Extract<CastoreNode, { type: "symlink" }>;

/**
 * Stores a tree that comes as the events of an archive: small files in batches, large ones as streams, directories in the end. Names, order
 * and sizes have been checked by whoever makes the events.
 */
export class TreeBuilder {
  readonly #store: Store;
  #root: PendingNode | undefined;
  readonly #open: PendingDirectory[] = [];
  #name = "" as ByteString;
  #file: PendingFile | undefined;
  #pieces: Uint8Array[] = [];
  #stream: { readonly queue: PieceQueue; readonly written: Promise<BlobInfo> } | undefined;
  #batch: { readonly file: PendingFile; readonly bytes: Uint8Array }[] = [];
  #batchBytes = 0;
  #committing: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes the next event. The promise is there only where something must be waited for. */
  push(event: NarEvent): Promise<void> | undefined {
    switch (event.type) {
      case "directory": {
        const directory: PendingDirectory = { type: "directory", entries: [] };
        this.#add(directory);
        this.#open.push(directory);
        return undefined;
      }
      case "entry":
        this.#name = event.name;
        return undefined;
      case "symlink":
        this.#add({ type: "symlink", target: event.target });
        return undefined;
      case "file":
        this.#file = { type: "file", executable: event.executable, size: event.sizeBytes, digest: emptyHash.blake3 };
        this.#add(this.#file);
        if (event.sizeBytes > SMALL_BYTES_MAX) this.#startStream(event.sizeBytes);
        return undefined;
      case "contents":
        if (this.#stream !== undefined) return this.#stream.queue.push(event.bytes);
        this.#pieces.push(event.bytes);
        return undefined;
      case "end":
        if (this.#file !== undefined) return this.#endFile(this.#file);
        this.#open.pop();
        return undefined;
    }
  }

  /** Takes a file whose contents are stored already, in place of its events. */
  addStoredFile(file: CastoreFileNode): void {
    this.#add({ ...file });
  }

  /** Stores what is left. @returns the root. */
  async finish(): Promise<CastoreNode> {
    if (this.#root === undefined) throw new StatusError(Code.InvalidArgument, "an archive without a root");
    this.#startCommit();
    await this.#committing;
    return this.#storeDirectories(this.#root);
  }

  /** Gives up: nothing is left running. */
  async abort(reason: unknown): Promise<void> {
    this.#stream?.queue.fail(reason);
    await this.#stream?.written.catch(() => undefined);
    await this.#committing.catch(() => undefined);
  }

  #add(node: PendingNode): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = node;
    else parent.entries.push({ name: this.#name, node });
  }

  #startStream(likelySizeBytes: number): void {
    const queue = createPieceQueue();
    const written = this.#store.blobs.write(queue.source, undefined, { likelySizeBytes });
    written.catch((error: unknown) => {
      queue.fail(error); // It may have failed before it took a piece; the promise itself is awaited at the end of the file.
    });
    this.#stream = { queue, written };
  }

  #endFile(file: PendingFile): Promise<void> | undefined {
    this.#file = undefined;
    const stream = this.#stream;
    if (stream !== undefined) {
      stream.queue.end();
      return stream.written.then(({ blake3 }) => {
        file.digest = blake3;
        this.#stream = undefined;
      });
    }
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    if (bytes.byteLength > 0) this.#batch.push({ file, bytes });
    this.#batchBytes += bytes.byteLength;
    if (this.#batchBytes < BATCH_BYTES && this.#batch.length < BATCH_FILES) return undefined;
    // One batch is committed while the next is gathered.
    const previous = this.#committing;
    return previous.then(() => {
      this.#startCommit();
    });
  }

  #startCommit(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    const previous = this.#committing;
    this.#committing = previous.then(async () => {
      const infos = await this.#store.blobs.writeMany(batch);
      for (const [i, { file }] of batch.entries()) file.digest = infos[i]!.blake3;
    });
    this.#committing.catch(() => undefined); // Awaited by the next batch, or the end.
  }

  /** Directories from the leaves up, equal ones once, without recursion. */
  async #storeDirectories(root: PendingNode): Promise<CastoreNode> {
    if (root.type !== "directory") return { ...root };
    const named = new Map<PendingNode, CastoreDirectoryNode>();
    const fresh = new Map<string, CastoreDirectory>();
    const stack = [{ directory: root, next: 0 }];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const child = frame.directory.entries[frame.next++]?.node;
      if (child === undefined) {
        stack.pop();
        const directory = freeze(frame.directory, named);
        const digest = hashBytes("blake3", encodeDirectory(directory));
        fresh.set(digest, directory);
        named.set(frame.directory, { type: "directory", digest, size: sizeOf(directory, "legacy") });
        if (fresh.size >= DIRECTORIES_PER_COMMIT) await this.#putDirectories(fresh);
      } else if (child.type === "directory") stack.push({ directory: child, next: 0 });
    }
    await this.#putDirectories(fresh);
    return named.get(root)!;
  }

  async #putDirectories(fresh: Map<string, CastoreDirectory>): Promise<void> {
    if (fresh.size > 0) await this.#store.directories.putMany([...fresh.values()]);
    fresh.clear();
  }
}

function freeze(pending: PendingDirectory, named: ReadonlyMap<PendingNode, CastoreDirectoryNode>): CastoreDirectory {
  const entries: CastoreEntry[] = pending.entries.map(({ name, node }) => ({
    name,
    node: node.type === "directory" ? named.get(node)! : { ...node },
  }));
  return { entries };
}
