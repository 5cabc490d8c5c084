import { printStorePath, type ActionResult, type StorePath } from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../../coordinator/build.js";
import { outputPathForms } from "./output-nodes.js";

/**
 * The type of the message in which our executor tells what an ActionResult has no place for. Its value is JSON in UTF-8: an
 * {@link OutputNotes}.
 */
export const OUTPUT_NOTES_TYPE = "type.googleapis.com/causeway.executor.v1.OutputNotes";

/** What a worker saw of outputs that does not survive in a tree. */
export interface OutputNotes {
  /** By output path, as the Command asked for it. */
  readonly outputs: Readonly<Record<string, OutputNote>>;
}

/** What was seen of one output. */
export interface OutputNote {
  /** Its top level may be written by its group or by all, or belongs to somebody else: other processes may have changed it. */
  readonly suspicious?: boolean;
  /** The first file in it that is neither regular, directory nor symlink, as a path from the output; empty for the output itself. */
  readonly unsupported?: string;
}

/**
 * Refuses an output for what the worker noted of it.
 *
 * @throws BuildFailure OutputRejected with Nix's text. Source: Nix, `registerOutputs` and posix-fs-canonicalise.cc.
 */
export function checkNotes(
  result: ActionResult,
  output: { readonly name: string; readonly path: StorePath; readonly storeDir: string },
): void {
  const path = printStorePath(output.storeDir, output.path);
  for (const { typeUrl, value } of result.metadata?.auxiliary ?? []) {
    if (typeUrl !== OUTPUT_NOTES_TYPE) continue;
    const notes = notesByPath(value);
    for (const form of outputPathForms(output.path, output.storeDir)) {
      const note = notes.get(form);
      if (note?.suspicious === true)
        throw rejected(
          `suspicious ownership or permission on '${path}' for output '${output.name}'; rejecting this build output`,
        );
      if (note?.unsupported !== undefined)
        throw rejected(
          `file '${path}${note.unsupported === "" ? "" : `/${note.unsupported}`}' has an unsupported type`,
        );
    }
  }
}

/** Notes that do not read as such come from some other program, and say nothing. */
function notesByPath(value: Uint8Array): ReadonlyMap<string, OutputNote> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(value).toString("utf8"));
  } catch {
    return new Map();
  }
  if (!isObject(json) || !isObject(json["outputs"])) return new Map();
  const notes = new Map<string, OutputNote>();
  for (const [path, note] of Object.entries(json["outputs"])) {
    if (!isObject(note)) continue;
    const { suspicious, unsupported } = note;
    notes.set(path, {
      ...(typeof suspicious === "boolean" && { suspicious }),
      ...(typeof unsupported === "string" && { unsupported }),
    });
  }
  return notes;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rejected(message: string): BuildFailure {
  return new BuildFailure(BuildStatus.OutputRejected, message);
}
