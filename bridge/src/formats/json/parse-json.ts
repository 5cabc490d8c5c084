import { byteStringFrom, byteStringOf, isUtf8, type ByteString } from "../bytes/byte-string.js";
import { JsonError } from "./error.js";
import type { JsonOptions, JsonValue } from "./json-value.js";

/** How deep lists and objects go. Nix values of real derivations have some ten levels; the parser recurses. */
export const JSON_DEPTH_MAX = 1000;

/**
 * Reads one JSON value (RFC 8259), with white space around it.
 *
 * @throws JsonError for anything else, numbers beyond the range of a double, lone surrogates, and nesting beyond {@link JSON_DEPTH_MAX}.
 */
export function parseJson(input: Uint8Array | ByteString, options: JsonOptions = {}): JsonValue {
  const text = typeof input === "string" ? input : byteStringFrom(input);
  if (options.invalidUtf8 !== "keep" && !isUtf8(text)) throw new JsonError("the text is not UTF-8", 0);
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** 2^64 - 1 has as many digits; a longer integer is a double, and never becomes a bigint, whose parsing takes quadratic time. */
const INTEGER_DIGITS_MAX = 20;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  readonly #text: string;
  #offset = 0;
  /** Next of each at or after the offset; negative when there is none. */
  #quote: number;
  #backslash: number;

  constructor(text: string) {
    this.#text = text;
    this.#quote = text.indexOf('"');
    this.#backslash = text.indexOf("\\");
  }

  end(): void {
    this.#space();
    if (this.#offset !== this.#text.length) throw new JsonError("expected the end", this.#offset);
  }

  value(depth: number): JsonValue {
    if (depth > JSON_DEPTH_MAX) throw new JsonError(`nested deeper than ${JSON_DEPTH_MAX}`, this.#offset);
    this.#space();
    switch (this.#text[this.#offset]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #space(): void {
    const code = this.#text.charCodeAt(this.#offset);
    if (code > 0x20) return;
    SPACE.lastIndex = this.#offset;
    SPACE.test(this.#text);
    this.#offset = SPACE.lastIndex;
  }

  #take(token: string): boolean {
    if (this.#text[this.#offset] !== token) return false;
    this.#offset++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new JsonError(`expected ${JSON.stringify(token)}`, this.#offset);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#offset)) throw new JsonError("expected a value", this.#offset);
    this.#offset += word.length;
    return value;
  }

  #object(depth: number): JsonValue {
    const object = new Map<ByteString, JsonValue>();
    this.#offset++;
    this.#space();
    if (this.#take("}")) return object;
    do {
      this.#space();
      const key = this.#string();
      this.#space();
      this.#expect(":");
      object.set(key, this.value(depth + 1));
      this.#space();
    } while (this.#take(","));
    this.#expect("}");
    return object;
  }

  #array(depth: number): JsonValue {
    const array: JsonValue[] = [];
    this.#offset++;
    this.#space();
    if (this.#take("]")) return array;
    do {
      array.push(this.value(depth + 1));
      this.#space();
    } while (this.#take(","));
    this.#expect("]");
    return array;
  }

  #number(): JsonValue {
    const start = this.#offset;
    NUMBER.lastIndex = start;
    if (!NUMBER.test(this.#text)) throw new JsonError("expected a value", start);
    this.#offset = NUMBER.lastIndex;
    const text = this.#text.slice(start, this.#offset);
    if (text.length <= INTEGER_DIGITS_MAX && !/[.eE]/.test(text)) {
      const integer = BigInt(text);
      if (integer >= INT64_MIN && integer <= UINT64_MAX) return integer;
    }
    if (!Number.isFinite(Number(text))) throw new JsonError("number out of range", start);
    return { type: "float", text };
  }

  #string(): ByteString {
    this.#expect('"');
    const start = this.#offset;
    const parts: string[] = [];
    for (;;) {
      this.#seekQuoteAndBackslash();
      if (this.#quote < 0) throw new JsonError("unterminated string", start);
      const escaped = this.#backslash >= 0 && this.#backslash < this.#quote;
      const plain = this.#text.slice(this.#offset, escaped ? this.#backslash : this.#quote);
      if (/[\0-\x1f]/.test(plain)) throw new JsonError("control character in a string", start);
      this.#offset += plain.length;
      if (!escaped) {
        this.#offset++;
        return (parts.length === 0 ? plain : parts.join("") + plain) as ByteString;
      }
      parts.push(plain, this.#escape());
    }
  }

  /** Both are kept until they are passed, so that no part of the text is searched twice. */
  #seekQuoteAndBackslash(): void {
    if (this.#quote >= 0 && this.#quote < this.#offset) this.#quote = this.#text.indexOf('"', this.#offset);
    if (this.#backslash >= 0 && this.#backslash < this.#offset)
      this.#backslash = this.#text.indexOf("\\", this.#offset);
  }

  /** Reads an escape, as the bytes of its character. */
  #escape(): string {
    const start = this.#offset;
    const letter = this.#text[start + 1] ?? "";
    this.#offset += 2;
    if (Object.hasOwn(simpleEscapes, letter)) return simpleEscapes[letter]!;
    if (letter !== "u") throw new JsonError("unknown escape in a string", start);
    const unit = this.#codeUnit();
    if (unit < 0xd800 || unit > 0xdfff) return byteStringOf(String.fromCharCode(unit));
    if (unit > 0xdbff || !this.#text.startsWith("\\u", this.#offset)) throw new JsonError("lone surrogate", start);
    this.#offset += 2;
    const low = this.#codeUnit();
    if (low < 0xdc00 || low > 0xdfff) throw new JsonError("lone surrogate", start);
    return byteStringOf(String.fromCharCode(unit, low));
  }

  #codeUnit(): number {
    const digits = this.#text.slice(this.#offset, this.#offset + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonError("expected four hex digits", this.#offset);
    this.#offset += 4;
    return Number.parseInt(digits, 16);
  }
}
