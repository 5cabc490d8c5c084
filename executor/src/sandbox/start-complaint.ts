/** A runtime's complaint is one line; anything longer is the builder's. */
const COMPLAINT_BYTES_MAX = 8192;

/** How crun and runc begin when they cannot execute the command. Both say so on the command's own stderr, whatever log file they have. */
const BEGINNINGS = [
  "executable file `",
  "open executable",
  "stat executable",
  "exec container process",
  "exec /",
  "runc run failed: ",
];

/** Errors of execve as the C library words them; runtimes differ in the case of letters. */
const REASONS = [
  "No such file or directory",
  "Permission denied",
  "Exec format error",
  "Argument list too long",
] as const;

/** Takes output. While the promise is pending no more comes. */
export type OutputSink = (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void> | undefined;

/** Keeps a runtime's words about a command that it could not start apart from what commands write. */
export interface ComplaintFilter {
  /** What came, in order; passes it on, at the latest when more comes. */
  readonly push: OutputSink;
  /** Passes on what is still held back, or returns it if it is a complaint: the only words of a run that failed. */
  end(exitCode: number): Promise<string | undefined>;
}

/** @param pass takes what is no complaint. */
export function createComplaintFilter(pass: OutputSink): ComplaintFilter {
  let first = true;
  let held: { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array } | undefined;
  const flush = async (): Promise<void> => {
    const output = held;
    held = undefined;
    if (output !== undefined) await pass(output.stream, output.bytes);
  };
  return {
    push(stream, bytes) {
      const wasFirst = first;
      first = false;
      if (wasFirst && looksLikeComplaint(bytes)) held = { stream, bytes };
      else if (held === undefined) return pass(stream, bytes);
      else return flush().then(() => pass(stream, bytes));
      return undefined;
    },
    async end(exitCode) {
      if (held === undefined || exitCode !== 1) {
        await flush();
        return undefined;
      }
      const text = Buffer.from(held.bytes).toString().trim();
      held = undefined;
      return text;
    },
  };
}

function looksLikeComplaint(bytes: Uint8Array): boolean {
  if (bytes.byteLength > COMPLAINT_BYTES_MAX) return false;
  const text = Buffer.from(bytes).toString("latin1");
  return BEGINNINGS.some((beginning) => text.startsWith(beginning)) && text.indexOf("\n") === text.length - 1;
}

/** Why execve refused, as the C library words it; `undefined` if the complaint is about something else. */
export function refusalReason(complaint: string): string | undefined {
  // crun asks for a regular file before it executes; the kernel says EACCES to others.
  if (complaint.startsWith("open executable: Operation not permitted")) return "Permission denied";
  const lower = complaint.toLowerCase();
  if (!lower.includes("exec")) return undefined;
  return REASONS.find((reason) => lower.includes(reason.toLowerCase()));
}
