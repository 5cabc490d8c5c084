/** Bytes that are no protobuf message, or exceed a limit. Each format turns it into an error of its own. */
export class WireError extends Error {
  override readonly name = "WireError";
  /** Where in the message, in bytes from its start. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}
