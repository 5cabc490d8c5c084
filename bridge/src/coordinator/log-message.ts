/** What a builder says in a line that begins with `@nix `. */
export type LogMessage =
  | { readonly type: "phase"; readonly phase: string }
  | { readonly type: "message"; readonly text: string }
  /** Understood, and nothing to show. */
  | { readonly type: "other" };

const PREFIX = "@nix ";
/** Nix's `lvlInfo`: what is less important is not shown unless asked for. */
const LEVEL_INFO = 3;

/**
 * Reads a structured message; `undefined` for an ordinary line, which a line with broken JSON is too.
 *
 * Source: Nix, src/libutil/logging.cc, `handleJSONLogMessage`.
 */
export function parseLogMessage(line: string): LogMessage | undefined {
  if (!line.startsWith(PREFIX)) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(line.slice(PREFIX.length));
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null) return undefined;
  const { action, phase, msg, level } = message as Record<string, unknown>;
  if (action === "setPhase" && typeof phase === "string") return { type: "phase", phase };
  if (action === "msg" && typeof msg === "string" && (typeof level !== "number" || level <= LEVEL_INFO))
    return { type: "message", text: msg };
  return { type: "other" };
}
