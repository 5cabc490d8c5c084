import type { ByteString } from "../../formats/bytes/byte-string.js";
import type { CastoreNode } from "../../formats/castore/index.js";
import type { ContentAddress } from "../../formats/hash/hash.js";
import type { StorePath } from "../../formats/store-path/store-path.js";
import { RecordReader, RecordWriter } from "../index-db/record.js";
import type { PathInfo } from "../path-info-store.js";

/** Bytes of the last use before the rest. */
const FIELDS_AT = 4;

const METHODS = ["flat", "nar", "text", "git"] as const;
const ALGORITHMS = ["md5", "sha1", "sha256", "sha512", "blake3"] as const;
const HAS_DERIVER = 1;
const HAS_CA = 2;
const ULTIMATE = 4;

/**
 * The value of table `path-infos` (the key is the store path): last use (4), flags, node, NAR hash (32) and size, registration time,
 * references, signatures, then deriver and content address where the flags say so.
 */
export function encodePathInfo(info: PathInfo, lastUse: number): Buffer {
  const writer = new RecordWriter().u32(lastUse);
  const flags =
    (info.deriver === undefined ? 0 : HAS_DERIVER) |
    (info.ca === undefined ? 0 : HAS_CA) |
    (info.ultimate ? ULTIMATE : 0);
  writer.u8(flags);
  writeNode(writer, info.node);
  writer.hex(info.narHash).u48(info.narSizeBytes).u48(info.registrationTime);
  writer.strings(info.references).strings(info.signatures);
  if (info.deriver !== undefined) writer.string(info.deriver);
  if (info.ca !== undefined)
    writer.u8(METHODS.indexOf(info.ca.method)).u8(ALGORITHMS.indexOf(info.ca.hash.algorithm)).string(info.ca.hash.hex);
  return writer.finish();
}

export function decodePathInfo(path: StorePath, value: Uint8Array): PathInfo {
  const reader = new RecordReader(value, FIELDS_AT);
  const flags = reader.u8();
  const info = {
    path,
    node: readNode(reader),
    narHash: reader.hex(32),
    narSizeBytes: reader.u48(),
    registrationTime: reader.u48(),
    references: reader.strings() as StorePath[],
    signatures: reader.strings(),
    ultimate: (flags & ULTIMATE) !== 0,
  };
  const deriver = (flags & HAS_DERIVER) === 0 ? undefined : (reader.string() as StorePath);
  const ca = (flags & HAS_CA) === 0 ? undefined : readContentAddress(reader);
  return { ...info, ...(deriver === undefined ? {} : { deriver }), ...(ca === undefined ? {} : { ca }) };
}

function readContentAddress(reader: RecordReader): ContentAddress {
  const method = METHODS[reader.u8()]!;
  const algorithm = ALGORITHMS[reader.u8()]!;
  return { method, hash: { algorithm, hex: reader.string() } };
}

function writeNode(writer: RecordWriter, node: CastoreNode): void {
  switch (node.type) {
    case "directory":
      writer.u8(0).hex(node.digest).u48(node.size);
      return;
    case "file":
      writer
        .u8(node.executable ? 2 : 1)
        .hex(node.digest)
        .u48(node.size);
      return;
    case "symlink":
      writer.u8(3).string(node.target);
  }
}

function readNode(reader: RecordReader): CastoreNode {
  const kind = reader.u8();
  if (kind === 3) return { type: "symlink", target: reader.string() as ByteString };
  const digest = reader.hex(32);
  const size = reader.u48();
  return kind === 0 ? { type: "directory", digest, size } : { type: "file", digest, size, executable: kind === 2 };
}
