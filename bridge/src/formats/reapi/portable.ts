import { displayOf, isUtf8, type ByteString } from "../bytes/byte-string.js";
import { ReapiError } from "./error.js";
import type { Command, Directory } from "./messages.js";

/*
 * Names and targets are `string` on the wire, so they must be UTF-8 for a cluster that is not ours: a stock protobuf library refuses the
 * message otherwise. Between our own store and executor any bytes pass.
 */

/** Whether a foreign cluster can read a directory: every name and target in it is UTF-8. Directories below it are not looked at. */
export function isPortableDirectory(directory: Directory): boolean {
  return findNonPortable(directory) === undefined;
}

/**
 * Checks that a foreign cluster can read a directory or a command.
 *
 * @throws ReapiError that tells which name, target, argument, variable or path is not UTF-8.
 */
export function checkPortable(message: Directory | Command): void {
  const found = "files" in message ? findNonPortable(message) : findNonPortableInCommand(message);
  if (found !== undefined)
    throw new ReapiError(
      `${found.what} ${JSON.stringify(displayOf(found.value))} is not UTF-8: only Causeway itself can carry it`,
    );
}

interface NonPortable {
  readonly what: string;
  readonly value: ByteString;
}

function findNonPortable({ files, directories, symlinks }: Directory): NonPortable | undefined {
  for (const list of [files, directories, symlinks])
    for (const { name } of list) if (!isUtf8(name)) return { what: "name", value: name };
  for (const { target } of symlinks) if (!isUtf8(target)) return { what: "symlink target", value: target };
  return undefined;
}

function findNonPortableInCommand(command: Command): NonPortable | undefined {
  for (const value of command.arguments) if (!isUtf8(value)) return { what: "argument", value };
  for (const [name, text] of command.environment)
    for (const value of [name, text]) if (!isUtf8(value)) return { what: "environment variable", value };
  const { outputPaths, outputFiles = [], outputDirectories = [], workingDirectory } = command;
  for (const value of [...outputPaths, ...outputFiles, ...outputDirectories])
    if (!isUtf8(value)) return { what: "output path", value };
  if (workingDirectory !== undefined && !isUtf8(workingDirectory))
    return { what: "working directory", value: workingDirectory };
  return undefined;
}

/**
 * Whether a symlink's target comes out of every service that we know as it went in: it has no part that is `.` and no empty one, a leading slash
 * aside. Buildbarn rewrites the others, `./f` to `f` and `a//b` to `a/b`.
 */
export function hasPlainTarget(target: ByteString): boolean {
  return target
    .slice(target.startsWith("/") ? 1 : 0)
    .split("/")
    .every((part) => part !== "" && part !== ".");
}
