/** Text that is not nixbase32. */
export class NixBase32Error extends Error {
  override readonly name = "NixBase32Error";
  /** Index of the first character at fault. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
