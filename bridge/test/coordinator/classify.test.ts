import { describe, expect, it } from "vitest";
import { causeOf } from "#src/coordinator/classify.js";
import { Code, StatusError } from "#src/status/index.js";

const describeIt = (message: string): string => `x: ${message}`;

describe("what to do about an error", () => {
  it("heeds when a server wants to be asked again", () => {
    const details = [{ kind: "retry-after", delayMs: 7000 }] as const;
    const busy = new StatusError(Code.Unavailable, "busy", { details });
    expect(causeOf(busy, "execute", describeIt)).toEqual({ type: "transient", message: "busy", retryAfterMs: 7000 });
  });

  it("uploads again what is named as missing, and only that", () => {
    const missing = new StatusError(Code.FailedPrecondition, "gone", {
      details: [{ kind: "missing-blobs", subjects: ["blobs/a/1"] }],
    });
    expect(causeOf(missing, "execute", describeIt)).toEqual({ type: "missing-inputs", message: "gone" });
    expect(causeOf(missing, "register", describeIt)).toEqual({ type: "missing-results", message: "gone" });
    const other = new StatusError(Code.FailedPrecondition, "no worker", {
      details: [{ kind: "retry-after", delayMs: 1 }],
    });
    expect(causeOf(other, "execute", describeIt)).toMatchObject({
      type: "final",
      failure: { message: "x: no worker" },
    });
  });
});
