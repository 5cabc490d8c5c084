import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Session } from "../cli/session.ts";
import { CAUSEWAY } from "../nix/create-causeway-builder.ts";
import type { HeldPage } from "./held-page.ts";

const HELD_NIX = join(import.meta.dirname, "held.nix");

/** A `causeway build` that runs. */
export interface RunningBuild extends Disposable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly exit: unknown; readonly stderr: string }>;
}

/** Starts to build an attribute of `held.nix` on a cluster. Disposing kills what still runs. */
export function startBuild(
  session: Session,
  page: HeldPage,
  { url, profile, attribute = "held" }: { readonly url: string; readonly profile: string; readonly attribute?: string },
): RunningBuild {
  const what = ["-f", HELD_NIX, "-A", attribute, "--argstr", "port", page.port];
  const child = spawn(CAUSEWAY, ["build", "--remote", url, "--profile", profile, ...what], {
    env: session.env,
    cwd: session.home,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
  const ended = once(child, "close").then(([code, signal]: unknown[]) => ({ exit: code ?? signal, stderr }));
  return { child, ended, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}
