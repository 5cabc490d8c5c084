import { isUtf8, type ByteString } from "../bytes/byte-string.js";
import { JsonError } from "./error.js";
import { formatDouble } from "./format-double.js";
import type { JsonFloat, JsonObject, JsonOptions, JsonValue } from "./json-value.js";

/**
 * Writes a value as Nix does (`dump` of nlohmann json, without indentation): no white space, keys in the order of their bytes, non-ASCII
 * characters raw, and doubles in their shortest form, however they were read. `.attrs.json` and `__json` are made of this.
 *
 * @throws JsonError for strings that are not UTF-8, unless they are to be kept.
 */
export function printJson(value: JsonValue, options: JsonOptions = {}): ByteString {
  return print(value, options.invalidUtf8 === "keep") as ByteString;
}

function print(value: JsonValue, keepInvalid: boolean): string {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return printString(value, keepInvalid);
  if (isArray(value)) return `[${value.map((element) => print(element, keepInvalid)).join(",")}]`;
  if (isFloat(value)) return formatDouble(Number(value.text));
  const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, of]) => `${printString(key, keepInvalid)}:${print(of, keepInvalid)}`).join(",")}}`;
}

/** `Array.isArray` does not narrow to read-only arrays. */
function isArray(value: JsonFloat | readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isFloat(value: JsonFloat | JsonObject): value is JsonFloat {
  return "type" in value;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function printString(value: ByteString, keepInvalid: boolean): string {
  if (!keepInvalid && !isUtf8(value)) throw new JsonError("a string is not UTF-8");
  if (!/["\\\0-\x1f]/.test(value)) return `"${value}"`;
  return `"${value.replace(/["\\\0-\x1f]/g, escapeOf)}"`;
}

function escapeOf(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
