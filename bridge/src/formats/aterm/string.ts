import type { ByteString } from "../bytes/byte-string.js";

/*
 * The one kind of escaping that a `.drv` knows: `\" \\ \n \r \t`; every other byte is raw. In the JSON of structured attributes every
 * tenth byte is escaped, so the pieces between escapes are gathered and joined once: `replaceAll` takes four times as long.
 */

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Undoes {@link escapeString}, or returns nothing when the text is not what it would write. */
export function unescapeString(raw: string): ByteString | undefined {
  if (/[\n\r\t]/.test(raw)) return undefined;
  let escape = raw.indexOf("\\");
  if (escape < 0) return raw as ByteString;
  const parts: string[] = [];
  let start = 0;
  while (escape >= 0) {
    const character = raw.charAt(escape + 1);
    const control = controls[character];
    if (control === undefined && character !== '"' && character !== "\\") return undefined;
    parts.push(control === undefined ? raw.slice(start, escape) : raw.slice(start, escape) + control);
    // A quote or backslash stands for itself: it begins the next piece.
    start = control === undefined ? escape + 1 : escape + 2;
    escape = raw.indexOf("\\", escape + 2);
  }
  parts.push(raw.slice(start));
  return parts.join("") as ByteString;
}

/** Writes the contents of a quoted string. */
export function escapeString(value: string): string {
  if (!/["\\\n\r\t]/.test(value)) return value;
  return value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
}
