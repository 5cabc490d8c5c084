import type { Digest, DigestFunction } from "../../digest/index.js";
import type { ActionName } from "../action-cache.js";
import { RecordReader, RecordWriter } from "../index-db/record.js";

/** The byte that stands for a digest function in keys of the index. Part of the format on disk. */
export const functionCode: Readonly<Record<DigestFunction, number>> = { sha256: 1, blake3: 2 };

/** A digest as a key: function (1), hash (32), size (6). */
export function digestToKey(digest: Digest): Buffer {
  return new RecordWriter().u8(functionCode[digest.fn]).hex(digest.hash).u48(digest.sizeBytes).finish();
}

/** The key of an action's result: function (1), hash (32), and the instance's name. */
export function actionToKey({ fn, hash }: ActionName, instanceName = ""): Buffer {
  const key = new RecordWriter().u8(functionCode[fn]).hex(hash).finish();
  return instanceName === "" ? key : Buffer.concat([key, Buffer.from(instanceName, "utf8")]);
}

/** The action of such a key. */
export function actionOfKey(key: Uint8Array): ActionName {
  const reader = new RecordReader(key);
  const fn: DigestFunction = reader.u8() === functionCode.sha256 ? "sha256" : "blake3";
  return { fn, hash: reader.hex(32) };
}
