/** The two directions of a connection to a client. */
export interface WorkerStream {
  /** What the client sends, in pieces; ends when it hangs up. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Sends bytes; resolves when more may be sent. @throws when the client is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the connection up, with whatever was not sent yet: what waits for it fails, or ends. */
  destroy(): void;
}
