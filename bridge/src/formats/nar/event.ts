import type { ByteString } from "../bytes/byte-string.js";

/**
 * One step of a walk over an archive, in NAR order. A node is one of: `symlink`; `file`, its `contents` pieces (together `sizeBytes` long)
 * and `end`; `directory`, then for each child `entry` and the child's node, and `end`.
 */
export type NarEvent =
  | { readonly type: "directory" }
  | { readonly type: "entry"; readonly name: ByteString }
  | { readonly type: "file"; readonly executable: boolean; readonly sizeBytes: number }
  | { readonly type: "contents"; readonly bytes: Uint8Array }
  | { readonly type: "symlink"; readonly target: ByteString }
  | { readonly type: "end" };
