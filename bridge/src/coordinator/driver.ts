import type { StorePath } from "../formats/store-path/store-path.js";
import { createDispatcher } from "./dispatcher.js";
import type { AttemptOptions, AttemptParts } from "./attempt.js";
import type { ProgressEvent } from "./progress.js";
import type { OutputSubstituter } from "./substitution.js";
import { defaultLimits, type BuildMode, type FailedPath, type Limits, type RequestResult } from "./state.js";

/** What a coordinator is made of. */
export interface CoordinatorParts extends AttemptParts {
  /** Draws from 0 (inclusive) to 1 (exclusive), for the jitter of waits. */
  readonly random: () => number;
  /** Without: everything is built. */
  readonly substituter?: OutputSubstituter;
  readonly limits?: Partial<Limits>;
}

/** One derivation that is asked for, with the outputs that are wanted of it. All are built in any case. */
export interface BuildRequest {
  readonly drvPath: StorePath;
  readonly outputs: "all" | readonly string[];
}

/** How a build goes about it. A derivation that several builds wait for is bounded by the options of the one it was started for. */
export interface BuildOptions extends AttemptOptions {
  /** After a failure, build whatever does not depend on it. Without it everything else is cancelled. */
  readonly keepGoing?: boolean;
  /** `check`: the requested derivations are built although they are valid, and compared. */
  readonly mode?: BuildMode;
  /** How many derivations at once; at least 1, and never more than the coordinator's own limit, which is the default. */
  readonly maxJobs?: number;
  /** Whether outputs may be fetched, where there is somebody to fetch them from. Default true. */
  readonly substitute?: boolean;
  /** Its abort takes the build's interest back; what nobody else waits for is cancelled. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
}

/** How a build ended. */
export interface BuildReport {
  /** In the order of the requests. */
  readonly results: readonly RequestResult[];
  /** Everything that failed, causes before what depends on them. Their statuses and those of the results make the exit code. */
  readonly failures: readonly FailedPath[];
}

/** Builds derivations and whatever they need. */
export interface Coordinator extends AsyncDisposable {
  /**
   * Ends when every request has ended and nothing runs any more that was started for this build alone. A failed build is a report, not an
   * error. Concurrent calls share what they both need.
   *
   * @throws what `onEvent` throws, after the build was cancelled for it.
   */
  build(requests: readonly BuildRequest[], options?: BuildOptions): Promise<BuildReport>;
}

/** A coordinator over these parts. Disposing it cancels all builds and waits for their end. */
export function createCoordinator(parts: CoordinatorParts): Coordinator {
  const limits = { ...defaultLimits, ...parts.limits };
  const dispatcher = createDispatcher(parts, limits);
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();
  let nextBuild = 1;
  return {
    async build(requests, options = {}) {
      const build = nextBuild++;
      const signal = options.signal === undefined ? closing.signal : AbortSignal.any([closing.signal, options.signal]);
      const ended = dispatcher.open(build, options);
      underWay.add(ended);
      const cancel = (): void => dispatcher.dispatch({ type: "build-cancelled", build });
      try {
        dispatcher.dispatch({
          type: "build-requested",
          build,
          requests: requests.map(({ drvPath, outputs }) => ({
            drvPath,
            outputs: outputs === "all" ? outputs : new Set(outputs),
          })),
          keepGoing: options.keepGoing ?? false,
          mode: options.mode ?? "normal",
          substitutes: options.substitute ?? true,
          jobsMax: Math.max(1, options.maxJobs ?? limits.jobsMax),
        });
        if (signal.aborted) cancel();
        else signal.addEventListener("abort", cancel, { once: true });
        return await ended;
      } finally {
        signal.removeEventListener("abort", cancel);
        underWay.delete(ended);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.allSettled(underWay);
    },
  };
}
