import { randomUUID } from "node:crypto";
import { findProfile, type Profile } from "../../coordinator/index.js";
import type { WaitingClock } from "../../coordinator/waiting-clock.js";
import type { ExecuteResponse } from "../../execution/index.js";
import { encodeNixBase32, type Property } from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { createMemoryStore, type Store } from "../../store/index.js";
import type { ClusterConnection } from "../connect-cluster.js";
import { createClusterExecution } from "../create-cluster-execution.js";
import { adviceOf } from "./advice.js";
import { lacksOf } from "./lacks.js";
import { prepareLook } from "./look-action.js";
import { measureLink } from "./measure-link.js";
import { parseSight, type Sight } from "./sight.js";
import type { Attempt, Verdict } from "./verdict.js";

/** What probing takes. */
export interface ProbeOptions {
  readonly cluster: ClusterConnection;
  /** The helper program, as a file of this machine. */
  readonly helperFile: string;
  /** E.g. `x86_64-linux`. */
  readonly system: string;
  /** Sent beside what each kind of cluster is sent. */
  readonly platform: readonly Property[];
  /** How long an action may take, its way through the queue included. */
  readonly attemptMs: number;
  readonly clock: WaitingClock;
  readonly random: (sizeBytes: number) => Uint8Array;
  readonly toolVersion: string;
  readonly signal: AbortSignal;
}

/** Kinds of clusters that are tried. The others differ from these in limits only, and have to be named. */
const CANDIDATES = ["causeway", "buildbox", "plain", "buildbarn"];

/** What the others still get when one attempt has worked. */
const AFTERWARDS_MS = 5_000;

/** Our own executor calls a builder by its name and gives it a terminal; who ignores what he does not know does neither. */
const BY_ITSELF = "causeway";

/**
 * Runs one small action as each kind of cluster wants it, and says how builds would fare.
 *
 * @throws StatusError if the cluster cannot be asked; that it hosts no builds is a verdict.
 */
export async function probeCluster(options: ProbeOptions): Promise<Verdict> {
  const { cluster, clock, random, signal } = options;
  const { url, capabilities } = cluster;
  await using store = createMemoryStore();
  const link = await measureLink(cluster, { blobs: store.blobs, nowMs: () => performance.now(), random, signal });
  const attempts = await attemptAll(options, store);
  const [best] = attempts.filter((each) => each.works).sort((a, b) => a.lacks.length - b.lacks.length);
  return {
    version: 1,
    url,
    probedMs: clock.nowMs(),
    capabilities: {
      ...capabilities,
      blobBytesMax: Number.isFinite(capabilities.blobBytesMax) ? capabilities.blobBytesMax : null,
    },
    link,
    attempts,
    profile: best?.profile ?? null,
    lacks: best?.lacks ?? [],
    advice: adviceOf(attempts, best),
  };
}

/** All at once. When one has worked the others get a little longer: actions that no worker wants are in queues until somebody gives up. */
async function attemptAll(options: ProbeOptions, store: Store): Promise<Attempt[]> {
  const late = new AbortController();
  const timers = [setTimeout(() => late.abort(), options.attemptMs)];
  try {
    const attempting = CANDIDATES.map(async (name) => {
      const ended = await attempt({ ...options, late: late.signal }, store, findProfile(name)!);
      if (ended.works) timers.push(setTimeout(() => late.abort(), Math.min(AFTERWARDS_MS, options.attemptMs)));
      return ended;
    });
    return await Promise.all(attempting);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

type AttemptOptions = ProbeOptions & { readonly late: AbortSignal };

async function attempt(options: AttemptOptions, store: Store, named: Profile): Promise<Attempt> {
  const profile: Profile = {
    ...named,
    digestFunction: options.cluster.fn,
    properties: [...named.properties, ...options.platform],
  };
  try {
    const { sight, isLive } = await look(options, store, profile);
    if (profile.name === BY_ITSELF && (!sight.hasTerminal || sight.argv0.includes("/")))
      return { profile: named.name, works: false, reason: "it does not do what Causeway's own executor does" };
    return { profile: named.name, works: true, sight, lacks: lacksOf(sight, isLive || profile.name === BY_ITSELF) };
  } catch (reason) {
    options.signal.throwIfAborted();
    return { profile: named.name, works: false, reason: StatusError.from(reason).message };
  }
}

async function look(
  options: AttemptOptions,
  store: Store,
  profile: Profile,
): Promise<{ sight: Sight; isLive: boolean }> {
  const { cluster, attemptMs, random, clock, late } = options;
  const salt = encodeNixBase32(random(20));
  const actionDigest = await prepareLook({ ...options, store, profile, salt, timeoutMs: attemptMs });
  const signal = AbortSignal.any([options.signal, late]);
  const execution = createClusterExecution({
    ...{ cluster, store, clock, requiresUtf8: true },
    invocationId: randomUUID(),
    toolVersion: options.toolVersion,
  });
  let isLive = false;
  try {
    for await (const event of execution.execute({ actionDigest, skipCacheLookup: true }, { signal })) {
      isLive ||= event.type === "output" || (event.type === "stage" && event.isLive === true);
      if (event.type === "done") return { sight: await sightOf(store, event.response), isLive };
    }
  } catch (reason) {
    if (!late.aborted || options.signal.aborted) throw reason;
    throw new StatusError(Code.DeadlineExceeded, "no worker took the action", { cause: reason });
  }
  throw new StatusError(Code.Internal, "the execution ended without a response");
}

async function sightOf(store: Store, { result, status }: ExecuteResponse): Promise<Sight> {
  if (status !== undefined) throw status;
  if (result === undefined) throw new StatusError(Code.Internal, "there is no result");
  const pieces: Uint8Array[] = result.stdoutRaw === undefined ? [] : [result.stdoutRaw];
  if (pieces.length === 0 && result.stdoutDigest !== undefined)
    for await (const piece of store.blobs.read(result.stdoutDigest)) pieces.push(piece);
  const text = Buffer.concat(pieces).toString("utf8");
  const sight = parseSight(text);
  if (sight !== undefined && result.exitCode === 0) return sight;
  const last = text.trim().split("\n").at(-1) ?? "";
  throw new StatusError(
    Code.FailedPrecondition,
    `the action ended with exit code ${String(result.exitCode)}${last === "" ? "" : `: ${last}`}`,
  );
}
