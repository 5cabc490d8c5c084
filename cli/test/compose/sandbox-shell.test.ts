import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isStaticProgram } from "#src/compose/sandbox-shell.js";
import { parseSize, formatSize } from "#src/sizes.js";
import { stateDirectory } from "#src/compose/state-directory.js";

it("tells a static program from a dynamic one, and from what is no program", () => {
  const directory = mkdtempSync(join(tmpdir(), "causeway-"));
  try {
    writeFileSync(join(directory, "text"), "#!/bin/sh\n".padEnd(100));
    expect(isStaticProgram("/bin/busybox")).toBe(true);
    expect(isStaticProgram(process.execPath)).toBe(false);
    expect(isStaticProgram(join(directory, "text"))).toBe(false);
    expect(isStaticProgram(join(directory, "absent"))).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("reads and writes sizes", () => {
  expect(["1000", "1K", "1.5M", "20GiB"].map(parseSize)).toEqual([1000, 1024, 1572864, 20 * 2 ** 30]);
  expect(() => parseSize("lots")).toThrow("not a size");
  expect([0, 1023, 1536, 3 * 2 ** 30].map(formatSize)).toEqual(["0 bytes", "1023 bytes", "1.5 KiB", "3.0 GiB"]);
});

it("finds the state where it is said to be", () => {
  const env = { CAUSEWAY_STATE: "/env", XDG_STATE_HOME: "/xdg", HOME: "/home/me" };
  expect(stateDirectory("/option", env)).toBe("/option");
  expect(stateDirectory(undefined, env)).toBe("/env");
  expect(stateDirectory(undefined, { XDG_STATE_HOME: "/xdg" })).toBe("/xdg/causeway");
});
