import { closeSync, existsSync, openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, displayOf, isUtf8, byteStringOf, type ByteString } from "@causeway/bridge/formats";
import { Code, StatusError } from "@causeway/bridge/status";
import type { OciMount } from "./oci-config.js";

/** What a container executes. */
export interface Launch {
  readonly arguments: readonly ByteString[];
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** What the launcher needs, if there is one. */
  readonly mounts: readonly OciMount[];
  /** Whether a launcher comes before the command, and words its errors. */
  readonly viaLauncher: boolean;
}

/** What a command needs of its start. */
export interface LaunchRequest {
  readonly arguments: readonly ByteString[];
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** The runtime gives the command two pipes, which must become one inside. */
  readonly joinStreams: boolean;
  /** For the launcher's script. */
  readonly directory: string;
}

/** Where a static shell lies on most systems that have one. */
const SHELLS = ["/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"];

/** In `/dev`, which holds nothing of the action's: where what a launcher needs is mounted. */
export const launcherPlace = { directory: ".launch", files: ["busybox", "script"] } as const;
const INSIDE = `/dev/${launcherPlace.directory}`;

/**
 * Decides how a command is started. Runtimes take arguments and variables as JSON, which cannot hold bytes that are not UTF-8: such a command
 * is started by a script that holds them as they are, run by the host's static busybox, which the container sees read-only.
 *
 * @throws StatusError FailedPrecondition if a launcher is needed and the host has no static busybox; InvalidArgument for a program whose name
 *   the launcher would take for a variable.
 */
export function launchOf(request: LaunchRequest): Launch {
  const { environment } = request;
  const odd = [...request.arguments, ...[...environment].flat()].find((text) => !isUtf8(text));
  const direct = { arguments: request.arguments, environment, mounts: [], viaLauncher: false };
  if (odd === undefined && !request.joinStreams) return direct;
  const shell = findStaticShell();
  const program = request.arguments[0]!;
  if (shell === undefined || program.includes("=")) {
    // The order of two streams is worth less than the run.
    if (odd === undefined) return direct;
    if (shell !== undefined)
      throw new StatusError(
        Code.InvalidArgument,
        `'${displayOf(program)}' has a '=' in it, and '${displayOf(odd)}' is not UTF-8`,
      );
    throw new StatusError(
      Code.FailedPrecondition,
      `'${displayOf(odd)}' is not UTF-8, which only a static busybox on this machine could pass on (Debian: busybox-static)`,
    );
  }
  const script = join(request.directory, "launch");
  writeFileSync(script, bytesOf(launchScript(request)), { mode: 0o444 });
  return {
    arguments: [`${INSIDE}/busybox`, "sh", `${INSIDE}/script`].map(byteStringOf),
    environment: new Map(),
    mounts: [bindReadOnly(shell, `${INSIDE}/busybox`), bindReadOnly(script, `${INSIDE}/script`)],
    viaLauncher: true,
  };
}

/** Replaces itself by the command, with exactly the command's environment: the process stays the first one. */
export function launchScript(request: Pick<LaunchRequest, "arguments" | "environment" | "joinStreams">): ByteString {
  const variables = [...request.environment].map(([name, value]) => `${name}=${value}`);
  const words = [`${INSIDE}/busybox`, "env", "-i", ...variables, ...request.arguments].map(quoted);
  return `exec ${words.join(" ")}${request.joinStreams ? " 2>&1" : ""}\n` as ByteString;
}

/** As a shell reads back every byte but NUL. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function bindReadOnly(source: string, destination: string): OciMount {
  return { destination, type: "none", source, options: ["bind", "ro", "nosuid", "nodev"] };
}

let found: { readonly path: string | undefined } | undefined;

function findStaticShell(): string | undefined {
  found ??= { path: SHELLS.find((path) => existsSync(path) && isStatic(path)) };
  return found.path;
}

/** An ELF program without an interpreter: it runs in a root that has no libraries. Source: ELF-64 specification, program headers. */
function isStatic(path: string): boolean {
  const head = Buffer.alloc(4096);
  const fd = openSync(path, "r");
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  // "\x7fELF", 64 bits, little-endian: all the machines we build on.
  if (head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return false;
  const start = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = head.readUInt16LE(56);
  if (start + size * count > head.length) return false;
  return Array.from({ length: count }, (_, i) => head.readUInt32LE(start + size * i)).every(
    (type) => type !== PT_INTERP,
  );
}

const PT_INTERP = 3;
