import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Log } from "./open-log.js";

/** Tells the service manager how the server fares. */
export interface ServiceManager {
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
}

/** Nobody is told. */
const NOBODY: ServiceManager = { ready: () => undefined, reloading: () => undefined, stopping: () => undefined };

/**
 * Speaks to systemd where it has started us (`Type=notify`). The messages are datagrams on a unix socket, which Node cannot send: the program
 * `systemd-notify`, a part of systemd, does. Since that is another process than the service's, its unit needs `NotifyAccess=all`.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
export function findServiceManager(environment: NodeJS.ProcessEnv, log: Log): ServiceManager {
  const socket = environment["NOTIFY_SOCKET"];
  if (socket === undefined || socket === "") return NOBODY;
  const program = findProgram("systemd-notify", environment["PATH"] ?? "");
  if (program === undefined) {
    log.warn(
      "$NOTIFY_SOCKET is set, but 'systemd-notify' is not in PATH: systemd is not told when this server is ready",
    );
    return NOBODY;
  }
  const tell = (...words: string[]): void => {
    execFile(program, [`--pid=${process.pid}`, ...words], { env: environment, timeout: 10_000 }, (error) => {
      if (error !== null) log.warn("systemd could not be told", { words: words.join(" "), reason: error.message });
    }).unref();
  };
  const periodMs = watchdogMs(environment);
  return {
    ready(status) {
      tell("--ready", `--status=${status}`);
      if (periodMs !== undefined) setInterval(() => tell("WATCHDOG=1"), periodMs).unref();
    },
    reloading: () => tell("RELOADING=1"),
    stopping: () => tell("--stopping"),
  };
}

/** Twice in the time that systemd allows, as it advises. */
function watchdogMs(environment: NodeJS.ProcessEnv): number | undefined {
  const microseconds = Number(environment["WATCHDOG_USEC"]);
  const pid = environment["WATCHDOG_PID"];
  if (!(microseconds > 0) || (pid !== undefined && Number(pid) !== process.pid)) return undefined;
  return Math.max(1, microseconds / 2000);
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(":")
    .filter((directory) => directory.startsWith("/"))
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
