/** A REAPI message that is malformed or breaks a rule of the protocol. */
export class ReapiError extends Error {
  override readonly name = "ReapiError";
  /** Where in the bytes, if they were being read: the position at which the fault was noticed. */
  readonly offset: number | undefined;

  constructor(message: string, options: { readonly offset?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.offset = options.offset;
  }
}
