import { spawn } from "node:child_process";
import { chownSync } from "node:fs";
import { join } from "node:path";
import { Code, StatusError } from "@causeway/bridge/status";
import { HELPER_VERSION } from "./helper.js";
import type { Identity } from "./identity.js";
import type { Runtime } from "./runtimes.js";

/** What a runtime shell works with. */
export interface RuntimeShellOptions {
  readonly runtime: Runtime;
  /** Holds the bundles, each in a directory named as its container. */
  readonly workDirectory: string;
  /** Of the shell alone; exists. Gets the pipes of its containers' output, and the runtime's own state. */
  readonly directory: string;
  /** Who writes to the pipes. */
  readonly identity: Identity;
  /** Directories that containers are to reach under another name as well. */
  readonly aliases: readonly DirectoryAlias[];
}

/** Another name for a directory of the host, itself an existing directory. It is one for the shell and its containers only. */
export interface DirectoryAlias {
  readonly path: string;
  readonly alias: string;
}

/** Where a container's output goes: both to `stdout`, to one pipe each, or both to a terminal (with the helper only) and so to `stdout`. */
export type ContainerStreams = "merge" | "apart" | "terminal";

/** How a container ended, as far as it is known. Without the helper it is `unclear` always. */
export type ContainerStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: number }
  /** The kernel would not start the command; `reason` is the C library's word for it. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The runtime did not start it. Its log says why if `words` are empty. */
  | { readonly kind: "failed"; readonly words: string }
  /** The exit code of the runtime: the command's, 128 and the number of its signal, or 1 if there was no command. */
  | { readonly kind: "unclear"; readonly code: number };

/** Starts containers, one at a time. */
export interface RuntimeShell extends AsyncDisposable {
  /**
   * Runs the container whose bundle is `<workDirectory>/<id>`; that directory gets the files `pid` and `runtime.log`.
   *
   * @returns how it ended, once the container is gone.
   * @throws StatusError Unavailable if the shell was ended; it cannot be used again then.
   */
  run(
    id: string,
    options: { readonly streams: ContainerStreams; readonly withCgroup: boolean },
  ): Promise<ContainerStatus>;
  /** Whether it was ended from outside. */
  readonly ended: boolean;
}

/** Where in its bundle the runtime complains, so that its words and the builder's stay apart. */
export const RUNTIME_LOG = "runtime.log";

/** How much of what the shell says about itself is kept for an error message. */
const WORDS_LENGTH_MAX = 4096;

/**
 * What the shell does: it makes its pipes, and then becomes the helper or, where there is none, says so and runs the containers whose names it
 * is told.
 *
 * It is a shell, because a fork of that small process costs a tenth of one of ours, and because what containers inherit (the mount namespace, the
 * personality that keeps addresses from being randomised) is set up once. The pipes are named, because Node's own are sockets, which a
 * builder cannot open again as `/dev/stderr`. The null device is one of our own, because runtimes give the files that become a container's
 * standard streams to the container's user, and the host's `/dev/null` must stay root's; where we may not make devices an empty file must do.
 */
const SCRIPT = `
umask 022
work=$1 slot=$2 root=$3 runtime=$4 nocgroup=$5 helper=$6
shift 6
while [ "$#" -gt 0 ]; do mount --rbind "$1" "$2" || exit; shift 2; done
for pipe in stdout stderr; do [ -p "$slot/$pipe" ] || mkfifo -m 600 "$slot/$pipe" || exit; done
null=/dev/null
if [ "$root" = yes ]; then
  null=$slot/null
  [ -c "$null" ] || mknod -m 666 "$null" c 1 3 2>/dev/null
  if [ -c "$null" ] && { : <"$null"; } 2>/dev/null; then :; else null=$slot/empty; : >"$null" || exit; fi
fi
[ -z "$helper" ] || exec "$helper" serve ${HELPER_VERSION} "$runtime" "$work" "$slot" "$null" "$nocgroup"
echo ready
while read -r id merge cgroup; do
  limits=$nocgroup
  [ "$cgroup" = with ] && limits=
  err=stderr
  [ "$merge" = merge ] && err=stdout
  # Unquoted, so that no option is no word.
  "$runtime" --root "$slot/state" --log "$work/$id/${RUNTIME_LOG}" $limits \\
    run --bundle "$work/$id" --pid-file "$work/$id/pid" "$id" <"$null" >"$slot/stdout" 2>"$slot/$err"
  echo "unclear $?"
done
`;

/**
 * Starts a shell that starts containers. When this process dies it ends by itself, after the container that runs; the helper ends that too.
 *
 * @throws StatusError FailedPrecondition if a program that it needs is missing, or may not do what it must.
 */
export async function startRuntimeShell(options: RuntimeShellOptions): Promise<RuntimeShell> {
  const { runtime, directory, identity } = options;
  const [program, ...before] = runtime.enter(options.aliases.length > 0);
  const parameters = [
    options.workDirectory,
    directory,
    identity.ownsInputs ? "no" : "yes",
    runtime.name,
    runtime.withoutCgroup,
    runtime.helper ?? "",
    ...options.aliases.flatMap(({ path, alias }) => [path, alias]),
  ];
  const child = spawn(program, [...before, `${runtime.prelude}${SCRIPT}`, "causeway-runtime-shell", ...parameters], {
    // A session of its own: a terminal's interrupt is for us, who end containers in order.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (text: Buffer) => (words = (words + text.toString()).slice(-WORDS_LENGTH_MAX)));
  child.stdin.on("error", () => undefined); // It is gone; the end of its output says so too.
  const lines = linesOf(child.stdout);
  const gone = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(words.trim() || `it ended with ${String(signal ?? code)}`));
  });
  if ((await lines.next()) === undefined)
    throw new StatusError(Code.FailedPrecondition, `cannot start containers with ${program}: ${await gone}`);
  if (!identity.ownsInputs)
    for (const pipe of ["stdout", "stderr"]) chownSync(join(directory, pipe), identity.hostUid, identity.hostGid);

  let ended = false;
  return {
    get ended() {
      return ended;
    },
    async run(id, { streams, withCgroup }) {
      child.stdin.write(`${id} ${streams} ${withCgroup ? "with" : "without"}\n`);
      const line = await lines.next();
      if (line !== undefined) return statusOf(line);
      ended = true;
      throw new StatusError(Code.Unavailable, `the shell that starts containers was ended: ${await gone}`);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await gone;
    },
  };
}

function statusOf(line: string): ContainerStatus {
  const [kind = "", ...words] = line.split(" ");
  const text = words.join(" ");
  if (kind === "exited" || kind === "unclear") return { kind, code: Number(text) };
  if (kind === "signalled") return { kind, signal: Number(text) };
  return kind === "refused" ? { kind, reason: text } : { kind: "failed", words: text };
}

/** The lines of a stream, one for each call; `undefined` after its end. */
function linesOf(stream: NodeJS.ReadableStream): { next(): Promise<string | undefined> } {
  const lines: string[] = [];
  let rest = "";
  let ended = false;
  let wake: (() => void) | undefined;
  stream.on("data", (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    wake?.();
  });
  stream.once("close", () => {
    ended = true;
    wake?.();
  });
  return {
    async next() {
      while (lines.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      return lines.shift();
    },
  };
}
