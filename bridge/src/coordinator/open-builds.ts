import type { BuildOptions, BuildReport } from "./driver.js";
import type { Effect } from "./event.js";
import type { ProgressEvent } from "./progress.js";
import type { BuildCounts, BuildId } from "./state.js";

interface OpenBuild {
  readonly options: BuildOptions;
  readonly resolve: (report: BuildReport) => void;
  readonly reject: (reason: unknown) => void;
  /** What `onEvent` threw. */
  fault: { readonly reason: unknown } | undefined;
  countsChanged: boolean;
}

/** The callers: what they asked for, what they are told, and the promises they hold. */
export interface OpenBuilds {
  /** Resolves or rejects when the build ends. */
  open(build: BuildId, options: BuildOptions): Promise<BuildReport>;
  optionsOf(build: BuildId): BuildOptions;
  tell(build: BuildId, event: ProgressEvent): void;
  /** Passes a report on to all it is for. */
  report(report: Effect & { type: "report" }): void;
  /** Tells the counts of those builds where something happened since. */
  tellCounts(countsOf: (build: BuildId) => BuildCounts | undefined): void;
  end(end: Effect & { type: "build-ended" }): void;
  /** A fault of ours: nobody may be left waiting. */
  failAll(fault: unknown): void;
}

/** @param onFault is called when a listener throws; the build should be cancelled, and rejects with it at its end. */
export function createOpenBuilds(onFault: (build: BuildId) => void): OpenBuilds {
  const builds = new Map<BuildId, OpenBuild>();
  const tell = (build: BuildId, event: ProgressEvent): void => {
    const open = builds.get(build);
    if (open?.options.onEvent === undefined || open.fault !== undefined) return;
    try {
      open.options.onEvent(event);
    } catch (reason) {
      open.fault = { reason };
      onFault(build);
    }
  };
  return {
    tell,
    open(build, options) {
      const { promise, resolve, reject } = Promise.withResolvers<BuildReport>();
      builds.set(build, { options, resolve, reject, fault: undefined, countsChanged: false });
      return promise;
    },
    optionsOf: (build) => builds.get(build)?.options ?? {},
    report({ builds: ids, drvPath, news }) {
      for (const id of ids) {
        tell(id, { drvPath, ...news });
        const open = builds.get(id);
        if (open !== undefined) open.countsChanged = true;
      }
    },
    tellCounts(countsOf) {
      for (const [id, open] of builds) {
        if (!open.countsChanged) continue;
        open.countsChanged = false;
        const counts = countsOf(id);
        if (counts !== undefined) tell(id, { type: "counts", ...counts });
      }
    },
    end({ build, results, failures, counts }) {
      const open = builds.get(build);
      tell(build, { type: "counts", ...counts });
      builds.delete(build);
      if (open?.fault !== undefined) open.reject(open.fault.reason);
      else open?.resolve({ results, failures });
    },
    failAll(fault) {
      for (const { reject } of builds.values()) reject(fault);
      builds.clear();
    },
  };
}
