import { describe, expect, it } from "vitest";
import { Code, StatusError, codeName, hasCode } from "#src/status/index.js";

const errno = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

describe("StatusError", () => {
  it("keeps code, details and cause under added context", () => {
    const inner = new StatusError(Code.FailedPrecondition, "gone", {
      details: [{ kind: "missing-blobs", subjects: ["blobs/x/1"] }],
    });
    const outer = StatusError.wrap(inner, "reading inputs");
    expect(outer).toMatchObject({ code: Code.FailedPrecondition, message: "reading inputs: gone", cause: inner });
    expect(outer.details).toEqual(inner.details);
  });

  it.each([
    ["ENOENT", Code.NotFound],
    ["ENOSPC", Code.ResourceExhausted],
    ["EACCES", Code.PermissionDenied],
    ["EMFILE", Code.Unavailable],
    ["EIO", Code.Internal],
    ["EISDIR", Code.Internal],
  ])("translates %s narrowly", (code, expected) => {
    expect(StatusError.from(errno(code)).code).toBe(expected);
  });

  it("knows an aborted call from a failed one", () => {
    const { signal } = ((controller) => (controller.abort(), controller))(new AbortController());
    expect(hasCode(StatusError.from(signal.reason), Code.Cancelled)).toBe(true);
    expect(hasCode(StatusError.from("text"), Code.Internal)).toBe(true);
  });

  it("names codes", () => {
    expect([codeName(5), codeName(99)]).toEqual(["NotFound", "Code 99"]);
  });
});
