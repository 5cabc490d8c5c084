import { isUtf8, type ByteString } from "../../formats/index.js";

/*
 * JSON as structured attributes need it: strings are bytes, numbers keep their text, objects are maps (no key is special). Nix reads and
 * writes it with nlohmann::json; see `dump-json.ts` for what that means for the output.
 */

/** A JSON value. */
export type JsonValue = null | boolean | JsonNumber | ByteString | readonly JsonValue[] | JsonObject;

/** An object; of equal keys the last wins, as in Nix. */
export type JsonObject = ReadonlyMap<ByteString, JsonValue>;

/** A number, by the text it was written with: its value may not fit a double. */
export interface JsonNumber {
  readonly number: string;
}

/** A text that is no JSON. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  /** In bytes from the start. */
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.offset = offset;
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isJsonNumber(value: JsonValue | undefined): value is JsonNumber {
  return typeof value === "object" && value !== null && "number" in value;
}

/** Attributes are nested by people; deeper is an attempt on the stack. */
const DEPTH_MAX = 1000;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** RFC 8259, section 7: the rest must be escaped. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Reads a JSON text.
 *
 * @throws JsonError if it is malformed, not UTF-8, or nested deeper than 1000.
 */
export function parseJson(text: ByteString): JsonValue {
  if (!isUtf8(text)) throw new JsonError("invalid UTF-8", 0);
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) this.#fail("nested too deeply");
    this.#space();
    switch (this.#text[this.#at]) {
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

  end(): void {
    this.#space();
    if (this.#at !== this.#text.length) this.#fail("unexpected text after the value");
  }

  #object(depth: number): JsonObject {
    const object = new Map<ByteString, JsonValue>();
    this.#at++;
    this.#space();
    if (this.#take("}")) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail("expected a key");
      const key = this.#string();
      this.#space();
      if (!this.#take(":")) this.#fail("expected ':'");
      object.set(key, this.value(depth + 1));
      this.#space();
    } while (this.#take(","));
    if (!this.#take("}")) this.#fail("expected ',' or '}'");
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return array;
    do {
      array.push(this.value(depth + 1));
      this.#space();
    } while (this.#take(","));
    if (!this.#take("]")) this.#fail("expected ',' or ']'");
    return array;
  }

  #string(): ByteString {
    this.#at++;
    let value = "";
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? "";
      value += plain;
      this.#at += plain.length;
      if (this.#take('"')) return value as ByteString;
      if (!this.#take("\\")) this.#fail("unterminated string");
      value += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    const simple = ESCAPES[letter];
    if (simple !== undefined) return simple;
    if (letter !== "u") this.#fail("invalid escape");
    let unit = this.#hex4();
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const low = this.#take("\\") && this.#take("u") ? this.#hex4() : 0;
      if (low < 0xdc00 || low > 0xdfff) this.#fail("unpaired surrogate");
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) this.#fail("unpaired surrogate");
    return Buffer.from(String.fromCodePoint(unit), "utf8").toString("latin1");
  }

  #hex4(): number {
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail("invalid \\u escape");
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) this.#fail("expected a value");
    this.#at += number.length;
    return { number };
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail("expected a value");
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (this.#at < this.#text.length && " \t\n\r".includes(this.#text[this.#at]!)) this.#at++;
  }

  #fail(message: string): never {
    throw new JsonError(message, this.#at);
  }
}
