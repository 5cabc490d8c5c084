import { inspect } from "node:util";
import { codeName, StatusError, type Code } from "../status/index.js";
import { ConformanceFailure } from "./conformance-case.js";

/** Fails unless `isKept`. */
export function check(isKept: boolean, message: string): asserts isKept {
  if (!isKept) throw new ConformanceFailure(message);
}

/** Fails unless two plain values are the same. */
export function checkEqual(what: string, got: unknown, expected: unknown): void {
  const [a, b] = [show(got), show(expected)];
  if (a !== b) throw new ConformanceFailure(`${what}: expected ${b}, got ${a}`);
}

/** Fails unless a call fails with one of the codes. @returns its status. */
export async function checkFails(what: string, call: Promise<unknown>, ...codes: Code[]): Promise<StatusError> {
  const expected = codes.map(codeName).join(" or ");
  let answer: unknown;
  try {
    answer = await call;
  } catch (reason) {
    const status = StatusError.from(reason);
    if (codes.includes(status.code)) return status;
    throw new ConformanceFailure(`${what}: expected ${expected}, got ${codeName(status.code)} (${status.message})`);
  }
  throw new ConformanceFailure(`${what}: expected ${expected}, but it succeeded with ${show(answer)}`);
}

/** Fails unless a call is refused; another code than these is a minor failure, for no client decides by it. */
export async function checkRefused(what: string, call: Promise<unknown>, ...codes: Code[]): Promise<void> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (reason) {
    const { code, message } = StatusError.from(reason);
    checkCode(what, code, message, codes);
    return;
  }
  throw new ConformanceFailure(`${what}: expected that it is refused, but it succeeded with ${show(answer)}`);
}

/** The same for a status within a message. */
export function checkRefusal(what: string, status: StatusMessage | null | undefined, ...codes: Code[]): void {
  const code = status?.code ?? 0;
  if (code === 0) throw new ConformanceFailure(`${what}: expected that it is refused, but it succeeded`);
  checkCode(what, code, status?.message ?? "", codes);
}

interface StatusMessage {
  readonly code?: number;
  readonly message?: string;
}

function checkCode(what: string, code: number, message: string, codes: readonly Code[]): void {
  if (codes.some((each) => each === code)) return;
  const expected = codes.map(codeName).join(" or ");
  throw new ConformanceFailure(`${what}: refused, but with ${codeName(code)} for ${expected} (${message})`, true);
}

/** Fails unless the status names exactly these blobs as missing, in any order. */
export function checkMissing(what: string, status: StatusError | undefined, subjects: readonly string[]): void {
  const named = (status?.details ?? []).flatMap((detail) => (detail.kind === "missing-blobs" ? detail.subjects : []));
  checkEqual(`${what}: subjects of MISSING violations`, [...named].sort(), [...subjects].sort());
}

function show(value: unknown): string {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array)
    return `${value.byteLength} bytes ${Buffer.from(value.subarray(0, 16)).toString("hex")}${value.byteLength > 16 ? "…" : ""}`;
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 });
}
