import type { Digest, DigestFunction } from "../../digest/index.js";
import { RecordReader, RecordWriter } from "../index-db/record.js";

/** The byte that stands for a digest function in keys of the index. Part of the format on disk. */
export const functionCode: Readonly<Record<DigestFunction, number>> = { sha256: 1, blake3: 2 };

/** A digest as a key: function (1), hash (32), size (6). */
export function digestToKey(digest: Digest): Buffer {
  return new RecordWriter().u8(functionCode[digest.fn]).hex(digest.hash).u48(digest.sizeBytes).finish();
}

/** The digest of a key. */
export function digestOfKey(key: Uint8Array): Digest {
  const reader = new RecordReader(key);
  const fn: DigestFunction = reader.u8() === functionCode.sha256 ? "sha256" : "blake3";
  return { fn, hash: reader.hex(32), sizeBytes: reader.u48() };
}

/** The key of an action's result: its digest, and the instance's name behind it. {@link digestOfKey} reads the digest. */
export function actionToKey(digest: Digest, instanceName = ""): Buffer {
  const key = digestToKey(digest);
  return instanceName === "" ? key : Buffer.concat([key, Buffer.from(instanceName, "utf8")]);
}
