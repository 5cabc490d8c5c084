import { expect, it } from "vitest";
import { seccompProfile } from "#src/sandbox/seccomp.js";

it("allows all but setuid and setgid modes and extended attributes", () => {
  const { defaultAction, syscalls } = seccompProfile("x64");
  expect(defaultAction).toBe("SCMP_ACT_ALLOW");
  const rules = syscalls.map(({ names, errnoRet, args }) => [
    names.join(" "),
    errnoRet,
    args?.[0]?.index,
    args?.[0]?.value,
  ]);
  expect(rules).toEqual([
    ["chmod", 1, 1, 0o4000],
    ["chmod", 1, 1, 0o2000],
    ["fchmod", 1, 1, 0o4000],
    ["fchmod", 1, 1, 0o2000],
    ["fchmodat", 1, 2, 0o4000],
    ["fchmodat", 1, 2, 0o2000],
    ["fchmodat2", 1, 2, 0o4000],
    ["fchmodat2", 1, 2, 0o2000],
    ["setxattr lsetxattr fsetxattr", 95, undefined, undefined],
  ]);
});

it("filters the 32-bit calls of a machine too", () => {
  expect(seccompProfile("x64").architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
  expect(seccompProfile("arm64").architectures).toEqual(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
});
