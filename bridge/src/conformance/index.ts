export { allCases } from "./all-cases.js";
export { connectSubject, type ConnectedSubject, type SubjectOptions } from "./connect-subject.js";
export type { ConformanceCase, Requirement } from "./conformance-case.js";
export { runSuite, type CaseResult, type SuiteOptions, type Verdict } from "./run-suite.js";
