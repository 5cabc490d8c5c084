import type { AnyMessage } from "./messages.js";

/**
 * The type of the message in which is told of outputs what an ActionResult has no place for. Its value is JSON in UTF-8,
 * `{"outputs": {"<output path>": {…}}}`, with an {@link OutputNote} for each path.
 */
export const OUTPUT_NOTES_TYPE = "type.googleapis.com/causeway.executor.v1.OutputNotes";

/** What was seen of one output. */
export interface OutputNote {
  /** Its top level may be written by its group or by all, or belongs to somebody else: other processes may have changed it. */
  readonly suspicious?: boolean;
  /** The first file in it that is neither regular, directory nor symlink, as a path from the output; empty for the output itself. */
  readonly unsupported?: string;
  /** SHA-256 of the archive (NAR) of what the builder made, in lower-case hex: what arrives has to be that. */
  readonly narHash?: string;
  /** Who brought it, for messages. */
  readonly carrier?: string;
}

/** Notes by output path, as a message for `ExecutedActionMetadata.auxiliary_metadata`. */
export function encodeOutputNotes(notes: ReadonlyMap<string, OutputNote>): AnyMessage {
  const value = Buffer.from(JSON.stringify({ outputs: Object.fromEntries(notes) }));
  return { typeUrl: OUTPUT_NOTES_TYPE, value };
}

/** Reads such a message. One that does not read as notes comes from some other program, and says nothing. */
export function decodeOutputNotes({ typeUrl, value }: AnyMessage): ReadonlyMap<string, OutputNote> {
  const notes = new Map<string, OutputNote>();
  if (typeUrl !== OUTPUT_NOTES_TYPE) return notes;
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(value).toString("utf8"));
  } catch {
    return notes;
  }
  if (!isObject(json) || !isObject(json["outputs"])) return notes;
  for (const [path, note] of Object.entries(json["outputs"])) {
    if (!isObject(note)) continue;
    const { suspicious, unsupported, narHash, carrier } = note;
    notes.set(path, {
      ...(typeof suspicious === "boolean" && { suspicious }),
      ...(typeof unsupported === "string" && { unsupported }),
      ...(typeof narHash === "string" && { narHash }),
      ...(typeof carrier === "string" && { carrier }),
    });
  }
  return notes;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
