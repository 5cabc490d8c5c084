import type { Verdict } from "@causeway/bridge/cluster";
import { Code, StatusError } from "@causeway/bridge/status";
import type { ServerOptions } from "../compose/channel-options.js";
import { ATTEMPT_MS, runProbe } from "../compose/clusters/run-probe.js";
import { keepVerdict, saveCluster } from "../compose/clusters/verdicts.js";
import { openState, type StateOptions } from "../compose/state.js";
import { interruptible } from "../interrupt.js";
import { writeOut } from "../output.js";
import { probeText } from "../view/probe-text.js";

/** The options of `causeway probe`. */
export interface ProbeCommandOptions extends ServerOptions, StateOptions {
  readonly json?: boolean;
  readonly save?: string;
  readonly platform?: readonly string[];
  readonly timeout?: string;
}

/** The cluster answers, and cannot host builds. */
const EXIT_NO_HOST = 3;

/** `causeway probe`: what a cluster can host. @returns 0: builds; 3: none; what cannot be asked is an error (1). */
export async function probe(url: string, options: ProbeCommandOptions): Promise<number> {
  const attemptMs = options.timeout === undefined ? ATTEMPT_MS : Number(options.timeout) * 1000;
  if (!(attemptMs > 0)) throw new StatusError(Code.InvalidArgument, "--timeout is to be a number of seconds");
  const platform = options.platform ?? [];
  const verdict = await interruptible((signal) => runProbe({ url, platform, server: options, attemptMs, signal }));
  await writeOut(options.json === true ? `${JSON.stringify(verdict, undefined, 2)}\n` : probeText(verdict));
  await keep(verdict, platform, options);
  return verdict.profile === null ? EXIT_NO_HOST : 0;
}

/** A state that others use does not make the answer wrong: builds ask again then. */
async function keep(verdict: Verdict, platform: readonly string[], options: ProbeCommandOptions): Promise<void> {
  try {
    await using state = await openState(options, "write");
    await keepVerdict(state.store.notes, verdict, platform);
    if (options.save !== undefined) await saveCluster(state.store.notes, options.save, { url: verdict.url, platform });
  } catch (reason) {
    if (options.save !== undefined) throw reason;
    process.stderr.write(`note: the verdict is not kept: ${StatusError.from(reason).message}\n`);
  }
}
