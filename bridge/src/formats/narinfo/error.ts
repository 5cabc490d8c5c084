/** Text that is no narinfo. */
export class NarInfoError extends Error {
  override readonly name = "NarInfoError";
  /** Index of the line at fault, from 0; absent when a field is missing. */
  readonly line: number | undefined;
  constructor(message: string, line?: number, options?: ErrorOptions) {
    super(line === undefined ? message : `${message} in line ${line + 1}`, options);
    this.line = line;
  }
}
