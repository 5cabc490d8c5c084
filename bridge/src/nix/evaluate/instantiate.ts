import { spawn } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { Code, StatusError } from "../../status/index.js";

/** What to evaluate, in the words of `nix-instantiate`. */
export interface EvaluationRequest {
  readonly file: string;
  /** Attribute paths; none means the file's own value. */
  readonly attributes: readonly string[];
  /** Further arguments, passed on as they are: `--arg`, `--argstr`, `-I`, `--option`. */
  readonly extraArguments: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Receives each line of what the evaluator says. */
  readonly onMessage: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** More derivations than this on one command line are a mistake, and their paths would fill memory. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Evaluates with the machine's `nix-instantiate`.
 *
 * @returns its lines: paths of derivations, with `!output` where an attribute chose one.
 * @throws StatusError FailedPrecondition if there is no `nix-instantiate`; InvalidArgument if the evaluation fails (its messages went to
 *   `onMessage`); Cancelled.
 */
export async function instantiate(request: EvaluationRequest): Promise<string[]> {
  const args = [request.file, ...request.attributes.flatMap((name) => ["-A", name]), ...request.extraArguments];
  const child = spawn("nix-instantiate", args, {
    env: request.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
  // Read both pipes while waiting: whichever fills first would stop the evaluator otherwise.
  const [status, output] = await Promise.all([
    ended,
    collect(child.stdout),
    lines(child.stderr, (line) => {
      // We read the derivations at once; a garbage collection in between is reported when a file is missing.
      if (!line.startsWith("warning: you did not specify '--add-root'")) request.onMessage(line);
    }),
  ]).catch((cause: unknown) => {
    throw explain(cause);
  });
  if (status !== 0)
    throw new StatusError(
      Code.InvalidArgument,
      `evaluating '${request.file}' failed (nix-instantiate: ${String(status)})`,
    );
  return output.split("\n").filter((line) => line !== "");
}

/**
 * Where the files of the store lie that `nix-instantiate` writes to under this environment, e.g. `/nix/store`.
 *
 * Source: Nix, `NIX_REMOTE` with a path, `local?root=…` or `local?real=…`; `NIX_STORE_DIR`.
 */
export function evaluationStoreDirectory(env: NodeJS.ProcessEnv, storeDir: string): string {
  const remote = env["NIX_REMOTE"] ?? "";
  if (isAbsolute(remote)) return join(remote, storeDir);
  const query = new URLSearchParams(remote.startsWith("local?") ? remote.slice("local?".length) : "");
  const real = query.get("real");
  if (real !== null) return real;
  const root = query.get("root");
  return root === null ? (env["NIX_STORE_DIR"] ?? storeDir) : join(root, storeDir);
}

function explain(cause: unknown): StatusError {
  if ((cause as NodeJS.ErrnoException).code === "ENOENT")
    return new StatusError(
      Code.FailedPrecondition,
      "'nix-instantiate' is not installed, and -f and -A need it (Debian: apt-get install nix-bin); derivations can also be given as .drv files",
      { cause },
    );
  return StatusError.from(cause);
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > OUTPUT_BYTES_MAX)
      throw new StatusError(Code.ResourceExhausted, "the evaluation names too many derivations");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

async function lines(stream: AsyncIterable<Buffer>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const piece of stream) {
    const parts = (rest + piece.toString("utf8")).split("\n");
    rest = parts.pop()!;
    for (const part of parts) onLine(part);
  }
  if (rest !== "") onLine(rest);
}
