/** Bytes that are no derivation in its canonical form, or a derivation that has none. */
export class AtermError extends Error {
  override readonly name = "AtermError";
  /** Where in the bytes; absent when printing. */
  readonly offset: number | undefined;
  constructor(message: string, offset?: number, options?: ErrorOptions) {
    super(offset === undefined ? message : `${message} at byte ${offset}`, options);
    this.offset = offset;
  }
}
