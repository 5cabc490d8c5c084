import { parseContentAddress } from "../hash/content-address.js";
import { HashError } from "../hash/error.js";
import type { NixHash } from "../hash/hash.js";
import { parseNixHash } from "../hash/parse-nix-hash.js";
import { StorePathError } from "../store-path/error.js";
import { parseStorePath, parseStorePathIn } from "../store-path/parse-store-path.js";
import { NarInfoError } from "./error.js";
import type { NarInfo } from "./nar-info.js";

/** The largest narinfo read: some 10,000 references are 600 KB, more than any path has. */
export const NAR_INFO_BYTES_MAX = 4 * 1024 * 1024;

/** A missing `Compression` means this, for caches older than the field. */
const DEFAULT_COMPRESSION = "bzip2";

/**
 * Reads a narinfo: lines of `Key: value`, each ended by a line feed. Unknown keys are ignored, as Nix does; a key that comes twice is an
 * error (signatures apart), where Nix takes the last and others the first.
 *
 * @throws NarInfoError
 */
export function parseNarInfo(storeDir: string, text: string): NarInfo {
  if (text.length > NAR_INFO_BYTES_MAX) throw new NarInfoError(`narinfo is larger than ${NAR_INFO_BYTES_MAX} bytes`);
  const fields = fieldsOf(text);
  const read = <T>(key: string, parse: (value: string) => T): T | undefined => {
    const field = fields.get(key)?.[0];
    return field === undefined ? undefined : at(field.line, () => parse(field.value));
  };
  const path = required(
    "StorePath",
    read("StorePath", (value) => parseStorePathIn(storeDir, value)),
  );
  const fileHash = read("FileHash", (value) => parseNixHash(value));
  const fileSizeBytes = read("FileSize", sizeOf);
  const deriver = read("Deriver", (value) =>
    value === "unknown-deriver" || value === "" ? undefined : parseStorePath(value),
  );
  const system = read("System", (value) => value);
  const ca = read("CA", (value) => (value === "" ? undefined : parseContentAddress(value)));
  return {
    path,
    url: required("URL", read("URL", nonEmpty)),
    compression: read("Compression", nonEmpty) ?? DEFAULT_COMPRESSION,
    ...(fileHash !== undefined && { fileHash }),
    ...(fileSizeBytes !== undefined && { fileSizeBytes }),
    narHash: required("NarHash", read("NarHash", narHashOf)),
    narSizeBytes: required("NarSize", read("NarSize", narSizeOf)),
    references:
      read("References", (value) =>
        value
          .split(" ")
          .filter((name) => name !== "")
          .map(parseStorePath),
      ) ?? [],
    ...(deriver !== undefined && { deriver }),
    ...(system !== undefined && { system }),
    signatures: (fields.get("Sig") ?? []).map(({ value }) => value),
    ...(ca !== undefined && { ca }),
  };
}

interface Field {
  readonly value: string;
  readonly line: number;
}

function fieldsOf(text: string): ReadonlyMap<string, readonly Field[]> {
  const fields = new Map<string, Field[]>();
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new NarInfoError("no line feed at the end", lines.length);
  for (const [line, content] of lines.entries()) {
    const colon = content.indexOf(": ");
    if (colon <= 0) throw new NarInfoError("expected 'Key: value'", line);
    const key = content.slice(0, colon);
    const field = { value: content.slice(colon + 2), line };
    const known = fields.get(key);
    if (known === undefined) fields.set(key, [field]);
    else if (key === "Sig") known.push(field);
    else throw new NarInfoError(`second ${JSON.stringify(key.slice(0, 100))}`, line);
  }
  return fields;
}

function at<T>(line: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StorePathError || error instanceof HashError || error instanceof FieldError)) throw error;
    throw new NarInfoError(error.message, line, { cause: error });
  }
}

/** A bad value; `at` knows its line. */
class FieldError extends Error {
  override readonly name = "FieldError";
}

function required<T>(key: string, value: T | undefined): T {
  if (value === undefined) throw new NarInfoError(`'${key}' is missing`);
  return value;
}

function nonEmpty(value: string): string {
  if (value === "") throw new FieldError("empty value");
  return value;
}

function sizeOf(value: string): number {
  const size = /^[0-9]{1,20}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(size)) throw new FieldError(`${JSON.stringify(value.slice(0, 100))} is no size`);
  return size;
}

/** No archive is empty, so Nix takes 0 for a sign of corruption. */
function narSizeOf(value: string): number {
  const size = sizeOf(value);
  if (size === 0) throw new FieldError("an archive is never empty");
  return size;
}

function narHashOf(value: string): NixHash {
  return parseNixHash(value);
}
