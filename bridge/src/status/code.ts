/**
 * The status codes of gRPC, by their names on the wire.
 *
 * Source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
 */
export const Code = {
  Ok: 0,
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** One of the seventeen gRPC status codes. */
export type Code = (typeof Code)[keyof typeof Code];

/** The name of a code, e.g. `NotFound`; `Code 42` for a number that gRPC does not define. */
export function codeName(code: number): string {
  return Object.entries(Code).find(([, value]) => value === code)?.[0] ?? `Code ${String(code)}`;
}
