import {
  compareBytes,
  formatContentAddress,
  HashError,
  parseContentAddress,
  parseNixHash,
  parseStorePathIn,
  StorePathError,
  type ContentAddress,
  type StorePath,
} from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { PathInfo } from "../../../store/index.js";
import { NAME_BYTES_MAX } from "./limits.js";
import type { WireReader } from "./reader.js";
import type { WireWriter } from "./writer.js";

/*
 * Values made of the primitives. A value that is well-formed on the wire, but makes no sense (`/etc/passwd` as a store path), is an error of the
 * request, not of the connection: what follows can still be read, provided that the whole request was. Therefore these throw late: see `Later`.
 */

/** What the client says of a path. */
export interface WirePathInfo extends Omit<PathInfo, "node"> {
  readonly node?: undefined;
}

/** @throws StatusError InvalidArgument with Nix's words. */
export function storePathOf(storeDir: string, text: string): StorePath {
  try {
    return parseStorePathIn(storeDir, text);
  } catch (cause) {
    if (cause instanceof StorePathError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}

/** Not yet looked at: the rest of the request is to be read first. */
export type Later<T> = () => T;

export async function readStorePath(reader: WireReader, storeDir: string, what = "path"): Promise<Later<StorePath>> {
  const text = await reader.text(what, NAME_BYTES_MAX);
  return () => storePathOf(storeDir, text);
}

export async function readStorePaths(
  reader: WireReader,
  storeDir: string,
  what = "paths",
): Promise<Later<StorePath[]>> {
  const texts = await reader.list(what, () => reader.text("path", NAME_BYTES_MAX));
  return () => texts.map((text) => storePathOf(storeDir, text));
}

/** A path with what is known of it, without contents. */
export async function readPathInfo(reader: WireReader, storeDir: string): Promise<Later<WirePathInfo>> {
  const path = await reader.text("path");
  const unkeyed = await readUnkeyed(reader, storeDir);
  return () => ({ path: storePathOf(storeDir, path), ...unkeyed() });
}

/** The same without the path, which is known. */
export async function readUnkeyedInfo(
  reader: WireReader,
  storeDir: string,
  path: StorePath,
): Promise<Later<WirePathInfo>> {
  const unkeyed = await readUnkeyed(reader, storeDir);
  return () => ({ path, ...unkeyed() });
}

async function readUnkeyed(reader: WireReader, storeDir: string): Promise<Later<Omit<WirePathInfo, "path">>> {
  const deriver = await reader.text("deriver");
  const narHash = await reader.text("NAR hash");
  const references = await reader.list("references", () => reader.text("reference"));
  const registrationTime = await reader.amount("registration time");
  const narSizeBytes = await reader.number("NAR size");
  const ultimate = await reader.bool("ultimate");
  const signatures = await reader.list("signatures", () => reader.text("signature"));
  const ca = await reader.text("content address");
  return () => ({
    ...(deriver === "" ? {} : { deriver: storePathOf(storeDir, deriver) }),
    narHash: hashOf(narHash),
    references: sorted(references.map((reference) => storePathOf(storeDir, reference))),
    registrationTime,
    narSizeBytes,
    ultimate,
    signatures: sorted(signatures),
    ...(ca === "" ? {} : { ca: contentAddressOf(ca) }),
  });
}

/** As {@link readPathInfo} reads it, without the path. */
export function writeUnkeyedInfo(writer: WireWriter, storeDir: string, info: Omit<PathInfo, "node">): void {
  writer.text(info.deriver === undefined ? "" : `${storeDir}/${info.deriver}`).text(info.narHash);
  writePaths(writer, storeDir, info.references);
  writer.number(info.registrationTime).number(info.narSizeBytes).bool(info.ultimate).texts(info.signatures);
  writer.text(info.ca === undefined ? "" : formatContentAddress(info.ca));
}

export function writePath(writer: WireWriter, storeDir: string, path: StorePath | undefined): void {
  writer.text(path === undefined ? "" : `${storeDir}/${path}`);
}

export function writePaths(writer: WireWriter, storeDir: string, paths: Iterable<StorePath>): void {
  writer.texts([...paths].sort(compareBytes).map((path) => `${storeDir}/${path}`));
}

export function contentAddressOf(text: string): ContentAddress {
  return translated(() => parseContentAddress(text));
}

function hashOf(text: string): string {
  return translated(() => parseNixHash(text, "sha256").hex);
}

function translated<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof HashError) throw new StatusError(Code.InvalidArgument, cause.message, { cause });
    throw cause;
  }
}

function sorted<T extends string>(items: readonly T[]): T[] {
  return [...new Set(items)].sort(compareBytes);
}
