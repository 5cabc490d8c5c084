import { describe, expect, it } from "vitest";
import { parseLogMessage } from "#src/coordinator/log-message.js";
import { createLogSplitter } from "#src/coordinator/log-splitter.js";

function linesOf(...pieces: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const splitter = createLogSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  splitter.end();
  return lines;
}

describe("a log splitter", () => {
  it.each([
    [[""], []],
    [["a\nb"], ["a", "b"]],
    [["a\n"], ["a"]],
    [["\n\n"], ["", ""]],
    [["a\r\nb\r\n"], ["a", "b"]],
    [["abc\rb\nx\r\nlast"], ["bbc", "x", "last"]],
    [["10%\r50%\r100%\n"], ["100%"]],
    [["a", "b\r", "c\n"], ["cb"]],
  ])("makes of %j the lines %j", (pieces, lines) => {
    expect(linesOf(...pieces)).toEqual(lines);
  });

  it("puts characters together that were cut between pieces, and replaces what is no UTF-8", () => {
    const euro = Buffer.from("€\n");
    expect(linesOf(euro.subarray(0, 1), euro.subarray(1))).toEqual(["€"]);
    expect(linesOf(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(["a\ufffd"]);
  });

  it("cuts a line at 64 KiB, not before", () => {
    expect(linesOf("x".repeat(65536) + "\n")).toHaveLength(1);
    expect(linesOf("x".repeat(65537) + "\n").map(({ length }) => length)).toEqual([65536, 1]);
  });
});

describe("a structured message", () => {
  it.each([
    ["plain", undefined],
    ["@nix {broken", undefined],
    ["@nix 3", undefined],
    [' @nix {"action":"msg"}', undefined],
    ['@nix {"action":"setPhase","phase":"checkPhase"}', { type: "phase", phase: "checkPhase" }],
    ['@nix {"action":"msg","level":1,"msg":"hi"}', { type: "message", text: "hi" }],
    ['@nix {"action":"msg","level":4,"msg":"chatter"}', { type: "other" }],
    ['@nix {"action":"start","id":1}', { type: "other" }],
  ])("in %j is %j", (line, message) => {
    expect(parseLogMessage(line)).toEqual(message);
  });
});
