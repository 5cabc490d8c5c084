import fs from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Code, StatusError } from "../status/index.js";

/**
 * Makes sure that one process writes to a state directory.
 *
 * Node has no flock(2). A file alone cannot do: whoever dies by SIGKILL leaves it, and two that find it stale at the same time can both
 * remove it. So the lock proper is a listening abstract unix socket named after the directory's device and inode: the kernel lets one process
 * have the name, and takes it back however that process dies. Abstract names are per network namespace, though, and two containers may share a
 * directory; and nobody can be asked who they are. Therefore the holder also leaves a file `lock` with its pid, start time, boot and
 * namespaces. Whoever has got the socket reads what is there: a holder of this boot that was in *another* network namespace may be alive
 * without being seen by the socket, and is looked for in /proc; if it cannot be seen there either (another pid namespace), the lock is refused
 * rather than stolen.
 */
export interface StateLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  readonly netNamespace: string;
  readonly pidNamespace: string;
}

/**
 * Takes the lock of a directory.
 *
 * @throws StatusError FailedPrecondition, naming the process that has it.
 */
export async function takeStateLock(directory: string): Promise<StateLock> {
  const path = join(directory, "lock");
  const { dev, ino } = fs.statSync(directory, { bigint: true });
  const server = await listen(`\0causeway-state-${dev.toString(16)}-${ino.toString(16)}`);
  if (server === undefined) throw inUse(directory, readHolder(path));
  try {
    const previous = readHolder(path);
    if (previous !== undefined && mayLive(previous)) throw inUse(directory, previous);
    leaveName(path);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    async release() {
      fs.rmSync(path, { force: true });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * A full disk does not keep anybody out who comes to make room: what remains is the socket, and nobody in other namespaces is told.
 */
function leaveName(path: string): void {
  try {
    fs.writeFileSync(`${path}.new`, JSON.stringify(describe(process.pid)) + "\n", { mode: 0o644 });
    fs.renameSync(`${path}.new`, path);
  } catch (error) {
    const status = StatusError.wrap(error, `cannot write ${path}`);
    fs.rmSync(`${path}.new`, { force: true });
    if (status.code !== Code.ResourceExhausted) throw status;
    fs.rmSync(path, { force: true });
  }
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(StatusError.wrap(error, "cannot lock the state directory"));
    });
    server.listen({ path: name }, () => resolve(server));
  });
}

function describe(pid: number): Holder {
  return {
    pid,
    startTime: startTimeOf(pid) ?? "",
    bootId: bootId(),
    netNamespace: namespaceOf("net"),
    pidNamespace: namespaceOf("pid"),
  };
}

/** Whether the one who left the file may still be writing, although the socket's name was free. */
function mayLive(holder: Holder): boolean {
  if (holder.bootId !== bootId() || holder.netNamespace === namespaceOf("net")) return false;
  if (holder.pidNamespace !== namespaceOf("pid")) return true;
  return startTimeOf(holder.pid) === holder.startTime;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(fs.readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined; // Absent, or torn by a crash of the machine: then its writer is gone too.
  }
}

function inUse(directory: string, holder: Holder | undefined): StatusError {
  const who = holder === undefined ? "another process" : `process ${String(holder.pid)}`;
  return new StatusError(
    Code.FailedPrecondition,
    `the state directory ${directory} is in use by ${who}; stop it, or let this program talk to it` +
      ` (if it is surely gone, remove ${join(directory, "lock")})`,
  );
}

/** Field 22 of /proc/<pid>/stat: with the pid it names a process uniquely within a boot. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${String(pid)}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id");
}

function namespaceOf(kind: "net" | "pid"): string {
  try {
    return fs.readlinkSync(`/proc/self/ns/${kind}`);
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
