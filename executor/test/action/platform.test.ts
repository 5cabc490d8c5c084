import { describe, expect, it } from "vitest";
import { Code, type StatusError } from "@causeway/bridge/status";
import { readPlatform, type Platform } from "#src/action/platform.js";

const machine = { os: "linux", arch: "x64" };
const read = (properties: Readonly<Record<string, string>>): Platform =>
  readPlatform(
    Object.entries(properties).map(([name, value]) => ({ name, value })),
    machine,
  );

function codeOf(properties: Readonly<Record<string, string>>): number | undefined {
  try {
    read(properties);
    return undefined;
  } catch (error) {
    return (error as StatusError).code;
  }
}

describe("the platform of an action", () => {
  it("is that of Bazel's clients unless said", () => {
    expect(read({})).toEqual({
      uid: 1000,
      gid: 100,
      network: false,
      mergeStderr: false,
      terminal: false,
      argv0: "path",
      inputs: "writable",
      kvm: false,
    });
  });

  it("is what its properties say", () => {
    const properties = {
      OSFamily: "Linux",
      ISA: "x86-64",
      Arch: "amd64",
      unixUID: "0",
      unixGID: "7",
      network: "on",
      stderr: "stdout",
      terminal: "on",
      argv0: "basename",
      inputs: "read-only",
      kvm: "on",
      memory: "1048576",
      cpu: "1.5",
    };
    expect(read(properties)).toEqual({
      uid: 0,
      gid: 7,
      network: true,
      mergeStderr: true,
      terminal: true,
      argv0: "basename",
      inputs: "read-only",
      kvm: true,
      memoryBytes: 1_048_576,
      cpuCores: 1.5,
    });
  });

  it("has one stream where that is a terminal", () => {
    expect(read({ terminal: "on" }).mergeStderr).toBe(true);
  });

  it.each([{ OSFamily: "windows" }, { ISA: "arm-a64" }, { Arch: "riscv64" }])("%j is another machine's", (property) => {
    expect(codeOf(property)).toBe(Code.FailedPrecondition);
  });

  it.each<[Readonly<Record<string, string>>]>(
    (
      [
        { unixUID: "-1" },
        { unixUID: "2147483648" },
        { unixGID: "" },
        { network: "yes" },
        { stderr: "" },
        { inputs: "ro" },
        { kvm: "1" },
        { memory: "1G" },
        { cpu: "0" },
        { cpu: "1.2345" },
        { cpu: "-1" },
        { "container-image": "x" },
        { constructor: "x" },
        { osfamily: "linux" },
      ] as Readonly<Record<string, string>>[]
    ).map((property) => [property]),
  )("%j is refused", (property) => {
    expect(codeOf(property)).toBe(Code.InvalidArgument);
  });
});
