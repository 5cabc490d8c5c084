import { displayOf, encodeOutputNotes, type AnyMessage, type ByteString } from "@causeway/bridge/formats";

/** What a caller may want to refuse an output for, and REAPI has no field for. */
export type OutputNote =
  /** The output itself is writable for its group or others. */
  | { readonly suspicious: true }
  /** Below the output (empty: the output itself) lies a file that is no regular file, directory or symlink. */
  | { readonly unsupported: string };

/** Notes as messages of `ExecutedActionMetadata.auxiliary_metadata`, by output path as requested. */
export function outputNotes(notes: ReadonlyMap<ByteString, OutputNote>): AnyMessage[] {
  if (notes.size === 0) return [];
  return [encodeOutputNotes(new Map([...notes].map(([path, note]) => [displayOf(path), note])))];
}
