import type { ByteString } from "../../formats/index.js";
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNumber, type JsonValue } from "./json-value.js";

/**
 * Writes JSON as Nix does (nlohmann::json::dump() without indentation): compact, keys sorted by bytes, only the escapes that JSON needs,
 * control characters as lower-case `\u00xx`.
 */
export function dumpJson(value: JsonValue): ByteString {
  return dump(value) as ByteString;
}

function dump(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return quote(value);
  if (isJsonNumber(value)) return formatNumber(value);
  if (isJsonArray(value)) return `[${value.map(dump).join(",")}]`;
  if (!isJsonObject(value)) throw new TypeError("not a JSON value");
  const keys = [...value.keys()].sort();
  return `{${keys.map((key) => `${quote(key)}:${dump(value.get(key)!)}`).join(",")}}`;
}

// Exactly what has to be escaped.
const ESCAPED = /["\\\u0000-\u001f]/g;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function quote(text: string): string {
  return `"${text.replace(ESCAPED, (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** The value of a number that Nix holds as an integer; `undefined` for what it holds as a double (a fraction, an exponent, too large). */
export function integerOf(value: JsonNumber): bigint | undefined {
  if (!/^-?[0-9]+$/.test(value.number)) return undefined;
  const integer = BigInt(value.number);
  return integer >= INT64_MIN && integer <= UINT64_MAX ? integer : undefined;
}

function formatNumber(value: JsonNumber): string {
  const integer = integerOf(value);
  return integer === undefined ? formatDouble(Number(value.number)) : integer.toString();
}

/**
 * The shortest decimal that reads as the same double, laid out as nlohmann::json does: plain between 1e-4 and 1e15 with at least one
 * decimal, else with an exponent of at least two digits. Source: nlohmann/json, detail/conversions/to_chars.hpp, `format_buffer`.
 */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return "null";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponentText] = Math.abs(value).toExponential().split("e") as [string, string];
  const sign = value < 0 ? "-" : "";
  const digits = mantissa.replace(".", "");
  const point = Number(exponentText) + 1; // The value is 0.DIGITS × 10^point.
  if (digits.length <= point && point <= 15) return `${sign}${digits.padEnd(point, "0")}.0`;
  if (0 < point && point <= 15) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  if (-4 < point && point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const exponent = point - 1;
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits[0]!}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
