import { displayOf, type AnyMessage, type ByteString } from "@causeway/bridge/formats";

/** What a caller may want to refuse an output for, and REAPI has no field for. */
export type OutputNote =
  /** The output itself is writable for its group or others. */
  | { readonly suspicious: true }
  /** Below the output (empty: the output itself) lies a file that is no regular file, directory or symlink. */
  | { readonly unsupported: string };

/**
 * Notes as a message of `ExecutedActionMetadata.auxiliary_metadata`: type `causeway.executor.v1.OutputNotes`, value JSON,
 * `{"outputs": {"<output path as requested>": {"suspicious": true} | {"unsupported": "<path below>"}}}`.
 */
export function outputNotes(notes: ReadonlyMap<ByteString, OutputNote>): AnyMessage[] {
  if (notes.size === 0) return [];
  const outputs = Object.fromEntries([...notes].map(([path, note]) => [displayOf(path), note]));
  return [
    {
      typeUrl: "type.googleapis.com/causeway.executor.v1.OutputNotes",
      value: Buffer.from(JSON.stringify({ outputs })),
    },
  ];
}
