import { spawn } from "node:child_process";

/** Magic number, version 1.34, no affinity, no reserved space: what Nix 2.8 says first. */
const HELLO = Buffer.from("6378696e000000002201000000000000" + "0000000000000000".repeat(2), "hex");
/** `STDERR_LAST`, which ends the greeting. */
const LAST = Buffer.from("73746c6100000000", "hex");

/** How long a program that speaks the worker protocol takes from its start to the end of its greeting, in milliseconds. */
export async function readyMs(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now();
  const child = spawn(argv[0]!, argv.slice(1), { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin.write(HELLO);
  let said = Buffer.alloc(0);
  for await (const piece of child.stdout as AsyncIterable<Buffer>) {
    said = Buffer.concat([said, piece]);
    if (said.subarray(-8).equals(LAST)) break;
  }
  const wallMs = performance.now() - started;
  child.stdin.end();
  await ended;
  if (!said.subarray(-8).equals(LAST)) throw new Error(`${argv.join(" ")} said nothing`);
  return wallMs;
}
