import type { ByteString } from "../bytes/byte-string.js";
import { AtermError } from "./error.js";
import { unescapeString } from "./string.js";

/** Reads tokens of a `.drv` from left to right. Internal to the parser. */
export class AtermReader {
  readonly #text: string;
  #offset = 0;

  /** @param text one byte per character. */
  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Whether the text goes on with the token. */
  startsWith(token: string): boolean {
    return this.#text.startsWith(token, this.#offset);
  }

  expect(token: string): void {
    if (!this.startsWith(token)) throw new AtermError(`expected ${JSON.stringify(token)}`, this.#offset);
    this.#offset += token.length;
  }

  expectEnd(): void {
    if (this.#offset !== this.#text.length) throw new AtermError("expected the end of the derivation", this.#offset);
  }

  /** A string in which bytes may be escaped. */
  string(): ByteString {
    const start = this.#offset;
    const value = unescapeString(this.#quoted());
    if (value === undefined) throw new AtermError("the string is not escaped as Nix does", start);
    return value;
  }

  /** A string that Nix never escapes: names, paths and the platform. */
  rawString(): ByteString {
    const start = this.#offset;
    const value = this.#quoted();
    if (value.includes("\\")) throw new AtermError("unexpected backslash in the string", start);
    return value as ByteString;
  }

  /** A list; `element` reads one and is told where it starts. */
  list(element: (offset: number) => void): void {
    this.expect("[");
    if (!this.startsWith("]")) {
      element(this.#offset);
      while (this.startsWith(",")) {
        this.#offset++;
        element(this.#offset);
      }
    }
    this.expect("]");
  }

  #quoted(): string {
    this.expect('"');
    const start = this.#offset;
    let end = this.#text.indexOf('"', start);
    while (end >= 0 && this.#isEscaped(start, end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw new AtermError("unterminated string", start - 1);
    this.#offset = end + 1;
    return this.#text.slice(start, end);
  }

  /** Whether an odd number of backslashes is before the quote. */
  #isEscaped(start: number, quote: number): boolean {
    let first = quote;
    while (first > start && this.#text.charCodeAt(first - 1) === 0x5c) first--;
    return (quote - first) % 2 === 1;
  }
}
