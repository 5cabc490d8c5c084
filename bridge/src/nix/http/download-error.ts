/** A request over HTTP that failed. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  /** Whether it is worth trying again. */
  readonly isTransient: boolean;
  /** What the server said; absent if it said nothing. */
  readonly status: number | undefined;
  /** When the server wants to be asked again. */
  readonly retryAfterMs: number | undefined;
  constructor(
    message: string,
    options: ErrorOptions & {
      readonly isTransient: boolean;
      readonly status?: number;
      readonly retryAfterMs?: number | undefined;
    },
  ) {
    super(message, options);
    this.isTransient = options.isTransient;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}
