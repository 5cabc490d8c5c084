import { describe, expect, it } from "vitest";
import { createComplaintFilter, refusalReason } from "#src/sandbox/start-complaint.js";

async function filtered(
  pieces: readonly string[],
  exitCode: number,
): Promise<[passed: string, complaint: string | undefined]> {
  let passed = "";
  const pass = (_: string, bytes: Uint8Array): undefined => void (passed += Buffer.from(bytes).toString());
  const filter = createComplaintFilter(pass);
  for (const piece of pieces) await filter.push("stdout", Buffer.from(piece));
  const complaint = await filter.end(exitCode);
  return [passed, complaint];
}

const COMPLAINT = "exec container process `/x`: Exec format error\n";

describe("the filter of complaints", () => {
  it("takes a complaint that is all there is of a failed run", async () => {
    expect(await filtered([COMPLAINT], 1)).toEqual(["", COMPLAINT.trim()]);
  });

  it.each<[string, readonly string[], number]>([
    ["of a run that succeeded", [COMPLAINT], 0],
    ["of a run that ended otherwise", [COMPLAINT], 3],
    ["that others follow", [COMPLAINT, "more\n"], 1],
    ["that others precede", ["before\n", COMPLAINT], 1],
    ["of more than one line", [`${COMPLAINT}${COMPLAINT}`], 1],
    ["that are no complaint", ["hello\n"], 1],
  ])("passes words on %s", async (_, pieces, exitCode) => {
    expect(await filtered(pieces, exitCode)).toEqual([pieces.join(""), undefined]);
  });
});

describe("the reason of a refusal", () => {
  it.each([
    ["executable file `/bin/none` not found in $PATH: No such file or directory", "No such file or directory"],
    ["open executable: Permission denied", "Permission denied"],
    ["open executable: Operation not permitted", "Permission denied"],
    ["exec container process (missing dynamic library?) `/x`: No such file or directory", "No such file or directory"],
    ['runc run failed: unable to start container process: exec: "/x": permission denied', "Permission denied"],
    ["exec /x: exec format error", "Exec format error"],
    ["mount `/a` to `/b`: No such file or directory", undefined],
    ["writing uid_map: Operation not permitted", undefined],
  ])("%s: %s", (complaint, reason) => {
    expect(refusalReason(complaint)).toBe(reason);
  });
});
