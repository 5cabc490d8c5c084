import { createHash } from "node:crypto";

/*
 * What clients of Nix send, written down once more: the program's own writer would make the same mistakes as its reader.
 */

export const u64 = (value: bigint | number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export function str(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u64(bytes.byteLength), bytes, Buffer.alloc((8 - (bytes.byteLength % 8)) % 8)]);
}
export const strs = (values: readonly string[]): Buffer => Buffer.concat([u64(values.length), ...values.map(str)]);

/** Bytes in frames. */
export function framed(bytes: Uint8Array, frameBytes = 1000): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += frameBytes) {
    const frame = bytes.subarray(at, at + frameBytes);
    parts.push(u64(frame.byteLength), frame);
  }
  return Buffer.concat([...parts, u64(0)]);
}

/** Magic, version 1.38, no features; no affinity, no reserved space. */
export const HELLO = Buffer.concat([u64(0x6e697863), u64(0x126), u64(0), u64(0), u64(0)]);

export const STDERR_LAST = u64(0x616c7473);
export const STDERR_ERROR = u64(0x63787470);

/** A file system object in an archive: a text, or entries in this order under these names. */
export type Tree = string | readonly (readonly [name: string | Uint8Array, tree: Tree])[];

export function nar(tree: Tree): Buffer {
  return Buffer.concat([str("nix-archive-1"), node(tree)]);
}

function node(tree: Tree): Buffer {
  const body =
    typeof tree === "string"
      ? [str("regular"), str("contents"), str(tree)]
      : [
          str("directory"),
          ...tree.flatMap(([name, child]) => [
            ...["entry", "(", "name"].map(str),
            str(name),
            str("node"),
            node(child),
            str(")"),
          ]),
        ];
  return Buffer.concat([str("("), str("type"), ...body, str(")")]);
}

const hex = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What a client says of a path that nothing proves. */
export interface Description {
  readonly path: string;
  readonly nar: Uint8Array;
  readonly narHash?: string;
  readonly narSize?: number | bigint;
  readonly references?: readonly string[];
  readonly ca?: string;
  readonly signatures?: readonly string[];
}

export function description(info: Description): Buffer {
  return Buffer.concat([
    ...[str(info.path), str(""), str(info.narHash ?? hex(info.nar)), strs(info.references ?? []), u64(0)],
    ...[u64(info.narSize ?? info.nar.byteLength), u64(0), strs(info.signatures ?? []), str(info.ca ?? "")],
  ]);
}

/** @param trust says that signatures are not to be checked. */
export function addToStoreNar(info: Description, trust = true): Buffer {
  return Buffer.concat([u64(39), description(info), u64(0), u64(trust ? 1 : 0), framed(info.nar)]);
}

export function addMultipleToStore(infos: readonly Description[], trust = true): Buffer {
  const all = infos.flatMap((info) => [description(info), info.nar]);
  return Buffer.concat([u64(44), u64(0), u64(trust ? 1 : 0), framed(Buffer.concat([u64(infos.length), ...all]))]);
}
