import { describe, expect, it } from "vitest";
import { binaryHeader, encodeMessage, firstHeader, isGrpc, parseTimeoutMs } from "#src/grpc/http2/headers.js";

describe("grpc-timeout", () => {
  it.each([
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["4m", 4],
    ["5u", 0.005],
    ["0n", 0],
    ["99999999S", undefined],
    ["100000000m", undefined],
    ["1h", undefined],
    ["-1S", undefined],
    ["", undefined],
  ])("%s", (text, timeoutMs) => {
    expect(parseTimeoutMs(text)).toBe(timeoutMs);
  });
});

describe("grpc-message", () => {
  it.each([
    ["plain ~ text", "plain ~ text"],
    ["50%", "50%25"],
    ["line\nbreak", "line%0Abreak"],
    ["größer", "gr%C3%B6%C3%9Fer"],
  ])("%j", (message, encoded) => {
    expect(encodeMessage(message)).toBe(encoded);
    expect(decodeURIComponent(encoded)).toBe(message);
  });
});

describe("request headers", () => {
  it("give their first value", () => {
    expect(firstHeader({ "x-a": "1" }, "x-a")).toBe("1");
    expect(firstHeader({ "x-a": ["1", "2"] }, "x-a")).toBe("1");
    expect(firstHeader({}, "x-a")).toBeUndefined();
  });

  it("give binary values with and without padding", () => {
    for (const value of ["AAE=", "AAE", "AAE=,AgM="])
      expect(binaryHeader({ "x-bin": value }, "x-bin")).toEqual(Buffer.from([0, 1]));
  });

  it.each([
    ["application/grpc", true],
    ["application/grpc+proto", true],
    ["application/grpc;charset=x", true],
    ["application/grpc-web", false],
    ["application/json", false],
    [undefined, false],
  ])("%s is gRPC: %s", (type, expected) => {
    expect(isGrpc(type)).toBe(expected);
  });
});
