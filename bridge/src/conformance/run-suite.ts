import { StatusError } from "../status/index.js";
import { ConformanceFailure, Skip, type ConformanceCase, type Requirement } from "./conformance-case.js";
import type { Subject } from "./subject.js";

/** What came of one case. A rule that is not kept is a failure if servers MUST keep it and do not, else a warning. */
export type Verdict = "pass" | "fail" | "warn" | "skip";

/** One case and what came of it. */
export interface CaseResult {
  readonly name: string;
  readonly requirement: Requirement;
  readonly rule: string;
  readonly source: string;
  readonly verdict: Verdict;
  /** Why, unless it passed. */
  readonly reason?: string;
  readonly durationMs: number;
}

/** How cases are run. */
export interface SuiteOptions {
  readonly nowMs: () => number;
  /** A case that takes longer hangs, and is a failure. */
  readonly timeoutMs: number;
}

/** Asks a server for each rule in turn. */
export async function* runSuite(
  cases: readonly ConformanceCase[],
  subject: Subject,
  { nowMs, timeoutMs }: SuiteOptions,
): AsyncGenerator<CaseResult, void, undefined> {
  for (const each of cases) {
    const { name, requirement, rule, source } = each;
    const startedMs = nowMs();
    const { verdict, reason } = await judge(each, subject, timeoutMs);
    const durationMs = Math.round(nowMs() - startedMs);
    yield { name, requirement, rule, source, verdict, ...(reason === undefined ? {} : { reason }), durationMs };
  }
}

async function judge(
  each: ConformanceCase,
  subject: Subject,
  timeoutMs: number,
): Promise<{ verdict: Verdict; reason?: string }> {
  const unless = each.unless?.(subject);
  if (unless !== undefined) return { verdict: "skip", reason: unless };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConformanceFailure(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    await Promise.race([each.run(subject), late]);
    return { verdict: "pass" };
  } catch (cause) {
    if (cause instanceof Skip) return { verdict: "skip", reason: cause.message };
    const isMinor = each.requirement !== "must" || (cause instanceof ConformanceFailure && cause.isMinor);
    return { verdict: isMinor ? "warn" : "fail", reason: reasonOf(cause) };
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ConformanceFailure) return cause.message;
  return `a call failed that should not: ${StatusError.from(cause).message}`;
}
