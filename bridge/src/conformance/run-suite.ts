import { StatusError } from "../status/index.js";
import { ConformanceFailure, Skip, type ConformanceCase, type Requirement } from "./conformance-case.js";
import type { Subject } from "./subject.js";

/** What came of one case. A rule that is not kept is a failure if servers MUST keep it, else a warning. */
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

/** A case that takes longer hangs. */
const CASE_MS = 90_000;

/** Asks a server for each rule in turn. */
export async function* runSuite(
  cases: readonly ConformanceCase[],
  subject: Subject,
  nowMs: () => number,
): AsyncGenerator<CaseResult, void, undefined> {
  for (const each of cases) {
    const { name, requirement, rule, source } = each;
    const startedMs = nowMs();
    const { verdict, reason } = await judge(each, subject);
    const durationMs = Math.round(nowMs() - startedMs);
    yield { name, requirement, rule, source, verdict, ...(reason === undefined ? {} : { reason }), durationMs };
  }
}

async function judge(each: ConformanceCase, subject: Subject): Promise<{ verdict: Verdict; reason?: string }> {
  const unless = each.unless?.(subject);
  if (unless !== undefined) return { verdict: "skip", reason: unless };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConformanceFailure(`no answer within ${CASE_MS / 1000} s`)), CASE_MS);
  });
  try {
    await Promise.race([each.run(subject), late]);
    return { verdict: "pass" };
  } catch (cause) {
    if (cause instanceof Skip) return { verdict: "skip", reason: cause.message };
    return { verdict: each.requirement === "must" ? "fail" : "warn", reason: reasonOf(cause) };
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ConformanceFailure) return cause.message;
  return `a call failed that should not: ${StatusError.from(cause).message}`;
}
