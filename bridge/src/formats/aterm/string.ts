import type { ByteString } from "../bytes/byte-string.js";

/*
 * The one kind of escaping that a `.drv` knows: `\" \\ \n \r \t`; every other byte is raw. `replaceAll` runs in native code, so the JSON of
 * structured attributes, where every tenth byte is escaped, costs no call per escape.
 */

/** Undoes {@link escapeString}, or returns nothing when the text is not what it would write. */
export function unescapeString(raw: string): ByteString | undefined {
  if (/[\n\r\t]/.test(raw)) return undefined;
  if (!raw.includes("\\")) return raw as ByteString;
  // A run of backslashes starts with an escaping one, so taking pairs from the left never splits an escape.
  const parts = raw.split("\\\\");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (!part.includes("\\")) continue;
    if (/\\(?!["nrt])/.test(part)) return undefined;
    parts[i] = part.replaceAll('\\"', '"').replaceAll("\\n", "\n").replaceAll("\\r", "\r").replaceAll("\\t", "\t");
  }
  return parts.join("\\") as ByteString;
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
