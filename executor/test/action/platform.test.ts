import { describe, expect, it } from "vitest";
import { Code, hasCode } from "@causeway/bridge/status";
import { readPlatform } from "#src/action/platform.js";

const machine = { os: "linux", arch: "x64" };
const read = (properties: Record<string, string>) =>
  readPlatform(
    Object.entries(properties).map(([name, value]) => ({ name, value })),
    machine,
  );

describe("platform properties", () => {
  it("default to a private, offline sandbox of user 1000 and group 100", () => {
    expect(read({})).toEqual({
      uid: 1000,
      gid: 100,
      network: false,
      mergeStderr: false,
      inputs: "writable",
      kvm: false,
    });
  });

  it("are read", () => {
    expect(
      read({
        OSFamily: "Linux",
        ISA: "x86-64",
        Arch: "amd64",
        unixUID: "0",
        unixGID: "7",
        network: "on",
        stderr: "stdout",
        inputs: "read-only",
        kvm: "on",
        memory: "1048576",
        cpu: "1.5",
      }),
    ).toEqual({
      uid: 0,
      gid: 7,
      network: true,
      mergeStderr: true,
      inputs: "read-only",
      kvm: true,
      memoryBytes: 1048576,
      cpuCores: 1.5,
    });
  });

  it.each([
    ["OSFamily", "windows"],
    ["ISA", "arm-a64"],
  ])("refuse a machine that is not this one: %s=%s", (name, value) => {
    expect(() => read({ [name]: value })).toThrow(expect.toSatisfy((error) => hasCode(error, Code.FailedPrecondition)));
    expect(() => read({ [name]: value })).toThrow(name);
  });

  it.each([
    ["container-image", "docker://x"],
    ["constructor", "x"],
    ["network", "yes"],
    ["unixUID", "-1"],
    ["unixUID", "2147483648"],
    ["unixGID", "1e3"],
    ["cpu", "0"],
    ["cpu", "NaN"],
    ["memory", ""],
    ["inputs", "rw"],
  ])("are refused by name where they are not understood: %s=%s", (name, value) => {
    expect(() => read({ [name]: value })).toThrow(expect.toSatisfy((error) => hasCode(error, Code.InvalidArgument)));
    expect(() => read({ [name]: value })).toThrow(name);
  });
});
