import { loadReapi } from "@causeway/reapi-protos";
import { describe, expect, it } from "vitest";
import { decodeStatus, encodeStatus } from "#src/grpc/index.js";
import { Code, StatusError } from "#src/status/index.js";

const status = new StatusError(Code.FailedPrecondition, "two blobs are missing", {
  details: [
    { kind: "missing-blobs", subjects: ["blobs/aa/1", "blobs/blake3/bb/2"] },
    { kind: "retry-after", delayMs: 1250 },
    { kind: "bad-request", violations: [{ field: "qualifiers.x", description: '"x" not supported' }] },
  ],
});

describe("google.rpc.Status", () => {
  it("is what the definitions say", async () => {
    const { get } = await loadReapi();
    const decoded = get("google.rpc.Status").deserialize(encodeStatus(status));
    expect(decoded).toMatchObject({ code: 9, message: "two blobs are missing" });
    const types = ["PreconditionFailure", "RetryInfo", "BadRequest"] as const;
    expect(decoded.details.map((any) => any.type_url ?? (any as { typeUrl?: string }).typeUrl)).toEqual(
      types.map((type) => `type.googleapis.com/google.rpc.${type}`),
    );
    const values = decoded.details.map((any, n) => get(`google.rpc.${types[n]!}`).deserialize(any.value as Buffer));
    expect(values).toMatchObject([
      {
        violations: [
          { type: "MISSING", subject: "blobs/aa/1" },
          { type: "MISSING", subject: "blobs/blake3/bb/2" },
        ],
      },
      { retryDelay: { seconds: "1", nanos: 250_000_000 } },
      { fieldViolations: [{ field: "qualifiers.x", description: '"x" not supported' }] },
    ]);
  });

  it("comes back as it went", () => {
    const back = decodeStatus(encodeStatus(status))!;
    expect([back.code, back.message, back.details]).toEqual([status.code, status.message, status.details]);
  });

  it("asks nobody to wait for longer than ten minutes, nor for less than nothing", () => {
    for (const [delayMs, expected] of [
      [1e12, 600_000],
      [-5_000, 0],
    ] as const) {
      const sent = new StatusError(Code.Unavailable, "later", { details: [{ kind: "retry-after", delayMs }] });
      expect(decodeStatus(encodeStatus(sent))?.details).toEqual([{ kind: "retry-after", delayMs: expected }]);
    }
  });

  it("of code 0 is none, and an unknown code is Unknown", () => {
    expect(decodeStatus(Buffer.alloc(0))).toBeUndefined();
    expect(decodeStatus(Buffer.from([8, 99]))?.code).toBe(Code.Unknown);
  });
});
