import type { ByteString, JsonFloat, JsonObject, JsonValue } from "../../formats/index.js";
import { isJsonArray, isJsonNumber, isJsonObject } from "../derivation-options/index.js";

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The contents of `.attrs.sh`: structured attributes as bash declarations, as far as bash can hold them; the rest is left out silently.
 *
 * Source: Nix 2.8, src/libstore/parsed-derivations.cc, `writeShell`; unchanged since.
 */
export function attrsShell(attributes: JsonObject): ByteString {
  let text = "";
  for (const key of [...attributes.keys()].sort()) {
    if (!SHELL_NAME.test(key)) continue;
    const value = attributes.get(key)!;
    const simple = simpleValue(value);
    if (simple !== undefined) text += `declare ${key}=${simple}\n`;
    else if (isJsonArray(value)) {
      const items = all(value.map(simpleValue));
      if (items !== undefined) text += `declare -a ${key}=(${items.map((item) => `${item} `).join("")})\n`;
    } else if (isJsonObject(value)) {
      const names = [...value.keys()].sort();
      const items = all(names.map((name) => simpleValue(value.get(name)!)));
      if (items !== undefined)
        text += `declare -A ${key}=(${items.map((item, i) => `[${quote(names[i]!)}]=${item} `).join("")})\n`;
    }
  }
  return text as ByteString;
}

function all(items: readonly (string | undefined)[]): readonly string[] | undefined {
  return items.every((item) => item !== undefined) ? items : undefined;
}

function simpleValue(value: JsonValue): string | undefined {
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean") return value ? "1" : "";
  if (value === null) return "''";
  return isJsonNumber(value) ? shellNumber(value) : undefined;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Nix asks whether the number is whole as a `float`, then prints it as an `int`: what does not fit 32 bits wraps (12345678901 is written
 * as -539222987), and of a double that does not fit x86 makes the smallest `int`. Kept, since a build may depend on it.
 */
function shellNumber(value: bigint | JsonFloat): string | undefined {
  const number = Number(typeof value === "bigint" ? value : value.text);
  const float = Math.fround(number);
  if (Math.ceil(float) !== float) return undefined;
  if (typeof value === "bigint") return BigInt.asIntN(32, value).toString();
  const double = Math.trunc(number);
  return String(double >= -(2 ** 31) && double < 2 ** 31 ? double + 0 : -(2 ** 31));
}
