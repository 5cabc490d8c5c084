/** Bytes that are no JSON, or a value that JSON cannot hold. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  /** Where in the bytes; absent when printing. */
  readonly offset: number | undefined;
  constructor(message: string, offset?: number) {
    super(offset === undefined ? message : `${message} at byte ${offset}`);
    this.offset = offset;
  }
}
