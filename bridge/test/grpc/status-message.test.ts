import { describe, expect, it } from "vitest";
import { loadReapi } from "@causeway/reapi-protos";
import { decodeStatus, encodeStatus } from "#src/grpc/index.js";
import { Code, StatusError } from "#src/status/index.js";

const protos = await loadReapi();
const Status = protos.get("google.rpc.Status");

describe("the message of a status", () => {
  it("names missing blobs as REAPI wants it", () => {
    const subjects = ["blobs/aa/1", "blobs/blake3/bb/2"];
    const error = new StatusError(Code.FailedPrecondition, "gone", { details: [{ kind: "missing-blobs", subjects }] });
    const message = Status.deserialize(encodeStatus(error));
    expect([message.code, message.message]).toEqual([9, "gone"]);
    const [any] = message.details;
    expect(any!.type_url).toBe("type.googleapis.com/google.rpc.PreconditionFailure");
    const failure = protos.get("google.rpc.PreconditionFailure").deserialize(any!.value!);
    expect(failure.violations.map(({ type, subject }) => [type, subject])).toEqual([
      ["MISSING", "blobs/aa/1"],
      ["MISSING", "blobs/blake3/bb/2"],
    ]);
  });

  it("names fields that are not accepted", () => {
    const violations = [{ field: "qualifiers.name", description: '"x" not supported' }];
    const error = new StatusError(Code.InvalidArgument, "no", { details: [{ kind: "bad-request", violations }] });
    const [any] = Status.deserialize(encodeStatus(error)).details;
    const request = protos.get("google.rpc.BadRequest").deserialize(any!.value!);
    expect(request.fieldViolations).toEqual([expect.objectContaining(violations[0]!)]);
    expect(decodeStatus(encodeStatus(error))).toMatchObject({
      code: error.code,
      message: "no",
      details: error.details,
    });
  });

  it("is read as other programs write it", () => {
    const failure = protos
      .get("google.rpc.PreconditionFailure")
      .serialize({ violations: [{ type: "MISSING", subject: "blobs/aa/1", description: "text" }, { type: "OTHER" }] });
    const bytes = Status.serialize({
      code: 9,
      message: "gone",
      details: [
        { type_url: "type.googleapis.com/google.rpc.RetryInfo", value: Buffer.alloc(0) },
        { type_url: "type.googleapis.com/google.rpc.PreconditionFailure", value: failure },
      ],
    });
    const error = decodeStatus(bytes);
    expect(error).toMatchObject({ code: Code.FailedPrecondition, message: "gone" });
    expect(error!.details).toEqual([{ kind: "missing-blobs", subjects: ["blobs/aa/1"] }]);
  });

  it("is no error when its code is 0, and Unknown when nobody knows its code", () => {
    expect(decodeStatus(Buffer.alloc(0))).toBeUndefined();
    expect(decodeStatus(Status.serialize({ code: 99 }))).toMatchObject({ code: Code.Unknown });
  });
});
