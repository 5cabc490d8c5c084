import type { ServeConfig } from "@causeway/bridge/config/serve";
import { StatusError } from "@causeway/bridge/status";

/** Facts beside a message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a server tells what it does. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Whether `debug` would be written: for what is costly to say. */
  readonly isDebug: boolean;
  /** Opens the file again, after it was moved away. */
  reopen(): void;
}

/** Standard error: standard output is for what programs read. */
const STDERR = 2;

/**
 * Opens the log: JSON lines, or text for people.
 *
 * @throws StatusError if the file cannot be written.
 */
export async function openLog(config: ServeConfig["log"], isTerminal: boolean): Promise<Log> {
  const { default: pino } = await import("pino");
  let destination: ReturnType<typeof pino.destination>;
  try {
    destination = pino.destination({ dest: config.file ?? STDERR, sync: true, append: true });
  } catch (cause) {
    throw StatusError.wrap(cause, "opening the log");
  }
  const asText = config.format === "text" || (config.format === "auto" && isTerminal && config.file === undefined);
  const logger = pino(
    {
      level: config.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    asText ? { write: (line: string) => void destination.write(textOf(line)) } : destination,
  );
  return {
    error: (message, fields) => logger.error(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    info: (message, fields) => logger.info(fields, message),
    debug: (message, fields) => logger.debug(fields, message),
    isDebug: logger.isLevelEnabled("debug"),
    reopen() {
      if (config.file !== undefined) destination.reopen();
    },
  };
}

/** `12:00:00 warning: message key=value`. */
function textOf(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const kind = { error: "error: ", warn: "warning: " }[String(level)] ?? "";
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
  return `${String(time).slice(11, 19)} ${kind}${String(msg)}${facts.join("")}\n`;
}
