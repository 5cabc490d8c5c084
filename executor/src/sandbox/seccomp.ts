/** A seccomp program in the words of the OCI runtime specification. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

interface SeccompRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo: number;
    readonly op: string;
  }[];
}

const EPERM = 1;
const ENOTSUP = 95;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;

const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

/**
 * What builds may not do: make files setuid or setgid (EPERM), and set extended attributes (ENOTSUP), neither of which an archive can hold.
 *
 * Source: Nix, src/libstore/unix/build/linux-derivation-builder.cc, `setupSeccomp`.
 *
 * @param arch as in `process.arch`.
 */
export function seccompProfile(arch: string): SeccompProfile {
  const modes: readonly (readonly [name: string, argument: number])[] = [
    ["chmod", 1],
    ["fchmod", 1],
    ["fchmodat", 2],
    ["fchmodat2", 2],
  ];
  return {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: architectures[arch] ?? [],
    syscalls: [
      ...modes.flatMap(([name, index]) =>
        [S_ISUID, S_ISGID].map((bit) => ({
          names: [name],
          action: "SCMP_ACT_ERRNO",
          errnoRet: EPERM,
          // `value` is the mask, `valueTwo` what must be left of the argument under it.
          args: [{ index, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }],
        })),
      ),
      { names: ["setxattr", "lsetxattr", "fsetxattr"], action: "SCMP_ACT_ERRNO", errnoRet: ENOTSUP },
    ],
  };
}
