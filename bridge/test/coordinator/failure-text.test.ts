import { describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import { exitCodeOf } from "#src/coordinator/exit-code.js";
import { buildFailedText, exitStatusText, withLogTail } from "#src/coordinator/failure-text.js";
import type { StorePath } from "#src/formats/store-path/store-path.js";

describe("texts of failures", () => {
  it.each([
    [3, "failed with exit code 3"],
    [127, "failed with exit code 127"],
    [128, "failed with exit code 128"],
    [137, "failed with exit code 137"],
    [139, "failed with exit code 139"],
    [-31, "failed due to signal 31 (Bad system call)"],
    [160, "failed with exit code 160"],
    [255, "failed with exit code 255"],
    [-15, "failed due to signal 15 (Terminated)"],
  ])("say of exit code %i that the builder %s", (exitCode, text) => {
    expect(exitStatusText(exitCode, undefined)).toBe(text);
  });

  it("say of a signal that is known what it was, whatever the exit code", () => {
    expect(exitStatusText(139, 11)).toBe("failed due to signal 11 (Segmentation fault)");
    expect(exitStatusText(162, 34)).toBe("failed due to signal 34 (Unknown signal)");
  });

  it("have no log part without a log", () => {
    expect(withLogTail("/nix/store", "a.drv" as StorePath, "builder failed", [])).toBe("builder failed");
  });

  it("name what failed once each, sorted", () => {
    const paths = ["b.drv", "a.drv", "b.drv"] as StorePath[];
    expect(buildFailedText("/nix/store", paths)).toBe("build of '/nix/store/a.drv', '/nix/store/b.drv' failed");
  });
});

describe("exit codes", () => {
  const { Built, PermanentFailure, TimedOut, HashMismatch, NotDeterministic, DependencyFailed, MiscFailure } =
    BuildStatus;
  it.each([
    [[], 0],
    [[Built, BuildStatus.AlreadyValid, BuildStatus.Substituted, BuildStatus.ResolvesToAlreadyValid], 0],
    [[MiscFailure], 1],
    [[BuildStatus.TransientFailure, DependencyFailed], 1],
    [[BuildStatus.LogLimitExceeded], 1],
    [[BuildStatus.Cancelled], 1],
    [[DependencyFailed, PermanentFailure, Built], 100],
    [[TimedOut], 101],
    [[HashMismatch], 102],
    [[TimedOut, HashMismatch], 103],
    [[NotDeterministic], 104],
    [[NotDeterministic, PermanentFailure], 108],
    [[NotDeterministic, TimedOut, HashMismatch], 111],
  ])("of %j is %i", (statuses, code) => {
    expect(exitCodeOf(statuses)).toBe(code);
  });
});
