import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { once } from "node:events";

/** Enough to enter a namespace that exists; a machine that cannot answer in this time cannot run builds either. */
const ANSWER_TIMEOUT_MS = 10_000;

const open = new Map<string, Promise<string | undefined>>();

/**
 * A mount namespace like ours without the mount at `hidden`, for `nsenter --mount=`. Only root can make one.
 *
 * It is made once a process and held by a file descriptor alone, so that it is gone when this process is, however it ends. Making one anew
 * for each container takes 4 ms more than entering one. What is mounted later appears in it where the machine's mounts are shared.
 *
 * @returns a path that names it for programs that we start; `undefined` if it could not be made.
 */
export function mountNamespaceWithout(hidden: string): Promise<string | undefined> {
  const known = open.get(hidden) ?? make(hidden).catch(() => undefined);
  open.set(hidden, known);
  return known;
}

async function make(hidden: string): Promise<string> {
  const script = 'umount "$1" && echo ready && read -r _';
  const child = spawn("unshare", ["--mount", "--propagation", "slave", "sh", "-c", script, "sh", hidden], {
    stdio: ["pipe", "pipe", "ignore"],
    timeout: ANSWER_TIMEOUT_MS,
  });
  const ended = once(child, "close");
  ended.catch(() => undefined); // Awaited below.
  child.stdin.on("error", () => undefined); // It has ended already; its exit says why.
  try {
    const [first] = (await Promise.race([once(child.stdout, "data"), ended])) as [unknown];
    if (!Buffer.isBuffer(first)) throw new Error(`unshare ended with ${String(first)}`);
    const fd = openSync(`/proc/${String(child.pid)}/ns/mnt`, "r");
    return `/proc/${process.pid}/fd/${fd}`;
  } finally {
    child.stdin.end();
    await ended;
  }
}
