import type { NoteStore } from "../../../store/index.js";

/** A valid path that was uploaded as a file, and how that was packed. */
export interface PackedNote {
  readonly hashPart: string;
  /** SHA-256 of the archive, 64 lower-case hex digits. */
  readonly narHash: string;
  /** As narinfos name it. */
  readonly compression: string;
}

/*
 * Whoever uploads a path keeps the description that it sent, for weeks, and asks for the file of that description. So its name is remembered.
 */

const keyOf = (url: string): string => `binary-cache/${url}`;

/** Remembers what a file was. */
export async function rememberPacked(notes: NoteStore, url: string, note: PackedNote): Promise<void> {
  const { hashPart, narHash, compression } = note;
  await notes.put(keyOf(url), Buffer.from(`${hashPart} ${narHash} ${compression}`));
}

/** What a file was. */
export async function findPacked(notes: NoteStore, url: string): Promise<PackedNote | undefined> {
  const note = await notes.get(keyOf(url));
  if (note === undefined) return undefined;
  const [hashPart = "", narHash = "", compression = ""] = Buffer.from(note).toString("latin1").split(" ");
  return { hashPart, narHash, compression };
}
