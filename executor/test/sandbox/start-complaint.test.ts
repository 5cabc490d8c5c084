import { describe, expect, it } from "vitest";
import { createComplaintFilter, refusalReason } from "#src/sandbox/start-complaint.js";

async function filter(pieces: readonly string[], exitCode: number, viaLauncher = false) {
  const passed: string[] = [];
  const sink = createComplaintFilter((_, bytes) => {
    passed.push(Buffer.from(bytes).toString());
    return undefined;
  }, viaLauncher);
  for (const piece of pieces) await sink.push("stderr", Buffer.from(piece));
  return { complaint: await sink.end(exitCode), passed };
}

const COMPLAINT = "executable file `/bin/none` not found: No such file or directory\n";

describe("the words of a runtime", () => {
  it("are held back when they are all that was said", async () => {
    expect(await filter([COMPLAINT], 1)).toEqual({ complaint: COMPLAINT.trim(), passed: [] });
  });

  it("are the builder's when more follows, in order, or when it succeeds", async () => {
    expect(await filter([COMPLAINT, "more\n"], 1)).toEqual({ complaint: undefined, passed: [COMPLAINT, "more\n"] });
    expect(await filter([COMPLAINT], 0)).toEqual({ complaint: undefined, passed: [COMPLAINT] });
    expect(await filter(["first\n", COMPLAINT], 1)).toEqual({ complaint: undefined, passed: ["first\n", COMPLAINT] });
  });

  it("are those of a launcher where there is one", async () => {
    const words = "env: can't execute '/bin/none': No such file or directory\n";
    expect(await filter([words], 127, true)).toEqual({ complaint: words.trim(), passed: [] });
    expect(await filter([words], 127)).toEqual({ complaint: undefined, passed: [words] });
  });

  it.each([
    [COMPLAINT, "No such file or directory"],
    ["open executable: Operation not permitted", "Permission denied"],
    ["exec /x: exec format error", "Exec format error"],
    ["mount `/proc`: Permission denied", undefined],
  ])("%j mean %j", (complaint, reason) => {
    expect(refusalReason(complaint)).toBe(reason);
  });
});
