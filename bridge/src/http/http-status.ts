import { Code } from "../status/index.js";

/** The HTTP status that says the same as a gRPC code. Source: google/rpc/code.proto, "HTTP Mapping", but for those with a reason beside them. */
export function httpStatusOf(code: Code): number {
  switch (code) {
    case Code.Ok:
      return 200;
    case Code.InvalidArgument:
      return 400;
    case Code.Unauthenticated:
      return 401;
    case Code.PermissionDenied:
      return 403;
    case Code.NotFound:
      return 404;
    case Code.AlreadyExists:
    case Code.Aborted:
      return 409;
    case Code.FailedPrecondition:
      return 412; // 400 there; this one says that it may work after what is missing has come.
    case Code.OutOfRange:
      return 413; // Only bodies over a limit are out of range here.
    case Code.ResourceExhausted:
      return 507; // A full disk; 429 would make clients come again at once.
    case Code.Cancelled:
      return 499;
    case Code.Unimplemented:
      return 501;
    case Code.Unavailable:
      return 503;
    case Code.DeadlineExceeded:
      return 504;
    case Code.Unknown:
    case Code.Internal:
    case Code.DataLoss:
      return 500;
  }
}
