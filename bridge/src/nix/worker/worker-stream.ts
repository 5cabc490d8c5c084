/** The two directions of a connection to a client. */
export interface WorkerStream {
  /** What the client sends, in pieces; ends when it hangs up. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Sends bytes; resolves when more may be sent. @throws when the client is gone. */
  write(bytes: Uint8Array): Promise<void>;
}
