/** What can be told to send no more for a while. */
interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/**
 * The messages of a request stream that its handler has not taken yet. The client is held back while there are some, so that the queue is no
 * longer than what one piece of the stream brings.
 */
export class RequestQueue {
  readonly #source: Pausable;
  #messages: Buffer[] = [];
  #at = 0;
  #wake: (() => void) | undefined;
  #hasEnded = false;
  #reason: { readonly error: unknown } | undefined;
  #isDropped = false;

  constructor(source: Pausable) {
    this.#source = source;
  }

  push(messages: Buffer[]): void {
    if (messages.length === 0 || this.#isDropped) return;
    if (this.#at === this.#messages.length) {
      this.#messages = messages;
      this.#at = 0;
    } else this.#messages.push(...messages);
    this.#source.pause();
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** The handler gets `error` in place of the next message. */
  fail(error: unknown): void {
    this.#reason ??= { error };
    this.#wake?.();
  }

  /** Nobody reads any more. */
  drop(): void {
    this.#isDropped = true;
    this.#messages = [];
    this.#at = 0;
  }

  /** A message that is here already. */
  shift(): Buffer | undefined {
    if (this.#reason !== undefined) throw this.#reason.error;
    return this.#messages[this.#at] === undefined ? undefined : this.#messages[this.#at++];
  }

  /** @returns `undefined` after the last. */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const message = this.shift();
      if (message !== undefined) return message;
      if (this.#hasEnded) return undefined;
      this.#source.resume();
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
  }
}
