import type { BlobInfo, Digest } from "../../digest/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { BlobStore } from "../../store/index.js";

/** Bounds of uploads that were interrupted and may go on. */
export interface UploadLimits {
  /** Uploads that wait for their client; each may hold a file open. The oldest goes first. */
  readonly parkedMax: number;
  /** What they have written, together. */
  readonly parkedBytesMax: number;
  /** How long one waits. */
  readonly parkedMs: number;
}

export const defaultUploadLimits: UploadLimits = {
  parkedMax: 64,
  parkedBytesMax: 4 * 2 ** 30,
  parkedMs: 5 * 60_000,
};

/** A blob on its way into the store. */
export interface Upload {
  readonly digest: Digest;
  /** Uncompressed bytes that the store has taken. */
  readonly committedBytes: number;
  /** Hands a piece to the store; resolves when it wants the next. @throws StatusError what the store says, e.g. for too many bytes. */
  push(bytes: Uint8Array): Promise<void>;
  /** Ends the blob; resolves when it is stored. @throws StatusError InvalidArgument if it is not what was announced; ResourceExhausted. */
  finish(): Promise<BlobInfo>;
}

/** A call that is feeding an upload. One of `done` and `park` ends it. */
export interface Attachment {
  readonly upload: Upload;
  /** Refuses to go on when another call has taken over. @throws StatusError Aborted. */
  check(): void;
  /** The upload has ended, well or not. */
  done(): void;
  /** The client is gone, or paused: the upload waits for it. */
  park(): void;
}

/** The uploads of a server by resource name. */
export interface UploadSessions {
  /**
   * Begins an upload, or goes on with one. An upload begun anew takes the place of one that waits.
   *
   * @param offset how many bytes the client believes to be here.
   * @throws StatusError InvalidArgument if that is not so.
   */
  attach(key: string, digest: Digest, offset: number): Attachment;
  /** How many bytes of an upload are here; `undefined` if there is none. */
  committedBytes(key: string): number | undefined;
  /** Drops the uploads that wait. */
  close(): void;
}

interface Session {
  readonly upload: Feed;
  /** The call that feeds it. */
  owner: object | undefined;
  timer: NodeJS.Timeout | undefined;
}

export function createUploadSessions(blobs: BlobStore, limits: UploadLimits): UploadSessions {
  const sessions = new Map<string, Session>();
  /** In the order in which they were parked. */
  const parked = new Map<string, Session>();

  function unpark(key: string, session: Session): void {
    clearTimeout(session.timer);
    session.timer = undefined;
    parked.delete(key);
  }

  function drop(key: string, session: Session): void {
    unpark(key, session);
    if (sessions.get(key) === session) sessions.delete(key);
    session.upload.cancel();
  }

  function enforceLimits(): void {
    let bytes = 0;
    for (const { upload } of parked.values()) bytes += upload.committedBytes;
    for (const [key, session] of parked) {
      if (parked.size <= limits.parkedMax && bytes <= limits.parkedBytesMax) return;
      bytes -= session.upload.committedBytes;
      drop(key, session);
    }
  }

  function attachmentOf(key: string, session: Session): Attachment {
    const owner = {};
    session.owner = owner;
    const isOwner = (): boolean => session.owner === owner;
    return {
      upload: session.upload,
      check() {
        if (!isOwner()) throw new StatusError(Code.Aborted, "another call goes on with this upload");
      },
      done() {
        if (isOwner()) drop(key, session);
      },
      park() {
        if (!isOwner()) return;
        session.owner = undefined;
        // Displaced by an upload begun anew, or nothing that would be worth waiting for.
        if (sessions.get(key) !== session || session.upload.committedBytes === 0 || session.upload.failed) {
          drop(key, session);
          return;
        }
        parked.set(key, session);
        session.timer = setTimeout(() => {
          drop(key, session);
        }, limits.parkedMs).unref();
        enforceLimits();
      },
    };
  }

  return {
    attach(key, digest, offset) {
      let session = sessions.get(key);
      if (offset === 0) {
        if (session?.owner === undefined && session !== undefined) drop(key, session);
        session = { upload: createFeed(blobs, digest), owner: undefined, timer: undefined };
        sessions.set(key, session);
      } else if (session?.upload.committedBytes !== offset) {
        const here = session?.upload.committedBytes ?? 0;
        throw new StatusError(
          Code.InvalidArgument,
          `write_offset is ${String(offset)}, but ${String(here)} bytes of this upload are here; ask QueryWriteStatus, and go on there`,
        );
      }
      unpark(key, session);
      return attachmentOf(key, session);
    },
    committedBytes: (key) => sessions.get(key)?.upload.committedBytes,
    close() {
      for (const [key, session] of parked) drop(key, session);
    },
  };
}

interface Feed extends Upload {
  readonly failed: boolean;
  /** Nothing happens if it has ended. */
  cancel(): void;
}

/** Turns pushes into the stream that the store reads. */
function createFeed(blobs: BlobStore, digest: Digest): Feed {
  let committedBytes = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let offered: Uint8Array | undefined;
  /** Wakes the store, which waits for a piece, and the pusher, which waits for the store. */
  let wakeStore: (() => void) | undefined;
  let wakePusher: (() => void) | undefined;
  const cancelled = new StatusError(Code.Cancelled, "the upload was given up");
  let isCancelled = false;

  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      wakePusher?.();
      while (offered === undefined && !ended && !isCancelled) await new Promise<void>((wake) => (wakeStore = wake));
      if (isCancelled) throw cancelled;
      if (offered === undefined) return;
      const piece = offered;
      offered = undefined;
      yield piece;
    }
  }

  const writing = blobs.write(pieces(), digest);
  writing.catch((error: unknown) => {
    failure = { error };
    wakePusher?.();
  });

  return {
    digest,
    get committedBytes() {
      return committedBytes;
    },
    get failed() {
      return failure !== undefined;
    },
    async push(bytes) {
      if (bytes.byteLength === 0) return;
      if (failure !== undefined) throw failure.error;
      const taken = new Promise<void>((wake) => (wakePusher = wake));
      offered = bytes;
      wakeStore?.();
      await taken;
      wakePusher = undefined;
      // The compiler cannot see that waiting lets the store fail.
      const failed = failure as { readonly error: unknown } | undefined;
      if (failed !== undefined) throw failed.error;
      committedBytes += bytes.byteLength;
    },
    finish() {
      ended = true;
      wakeStore?.();
      return writing;
    },
    cancel() {
      isCancelled = true;
      wakeStore?.();
    },
  };
}
