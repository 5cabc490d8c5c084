import { decodeOutputNotes, printStorePath, type ActionResult, type StorePath } from "../../formats/index.js";
import { BuildFailure, BuildStatus } from "../../coordinator/build.js";
import { outputPathForms } from "./output-nodes.js";

/** What was told of an output that its contents have to agree with. */
export interface Expected {
  /** SHA-256 of its archive, in hex. */
  readonly narHash: string;
  /** Who brought it. */
  readonly carrier: string;
}

/** An output of a build, for messages. */
export interface NamedOutput {
  readonly name: string;
  readonly path: StorePath;
  readonly storeDir: string;
}

/**
 * Refuses an output for what the worker noted of it.
 *
 * @returns what its contents are to be compared with, if that was noted.
 * @throws BuildFailure OutputRejected with Nix's text. Source: Nix, `registerOutputs` and posix-fs-canonicalise.cc.
 */
export function checkNotes(result: ActionResult, output: NamedOutput): Expected | undefined {
  const path = printStorePath(output.storeDir, output.path);
  let expected: Expected | undefined;
  for (const message of result.metadata?.auxiliary ?? []) {
    const notes = decodeOutputNotes(message);
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
      if (note?.narHash !== undefined) expected ??= { narHash: note.narHash, carrier: note.carrier ?? "the worker" };
    }
  }
  return expected;
}

/** @throws BuildFailure if an output is not what its builder made. */
export function checkArrived(expected: Expected, narHash: string, output: NamedOutput): void {
  if (expected.narHash === narHash) return;
  throw new BuildFailure(
    BuildStatus.MiscFailure,
    `output '${printStorePath(output.storeDir, output.path)}' was changed on its way: its builder made an archive with hash ` +
      `${expected.narHash}, and what came from ${expected.carrier} has ${narHash}; nothing of it is registered`,
  );
}

function rejected(message: string): BuildFailure {
  return new BuildFailure(BuildStatus.OutputRejected, message);
}
