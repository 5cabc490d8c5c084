import { describe, expect, it } from "vitest";
import { adviceOf } from "#src/cluster/probe/advice.js";
import { parseVerdict, type Attempt } from "#src/cluster/probe/verdict.js";

const failed = (profile: string, reason: string): Attempt => ({ profile, works: false, reason });
const sight = {} as Extract<Attempt, { works: true }>["sight"];

describe("advice", () => {
  it("is to allow namespaces where the helper got none", () => {
    const plain = failed(
      "plain",
      "cluster x did not run the builder: the action ended with exit code 200: causeway-run",
    );
    expect(adviceOf([plain], undefined)[0]).toContain("user namespaces on the workers");
    expect(adviceOf([failed("plain", "the action ended with exit code 2001")], undefined)[0]).not.toContain("sysctl");
  });

  it("is to leave the chroot where builds miss more than a terminal", () => {
    const chroot: Attempt = { profile: "buildbarn", works: true, sight, lacks: ["a", "b"] };
    expect(adviceOf([chroot], chroot)).toEqual([expect.stringContaining("without chrootIntoInputRoot")]);
    const good = { ...chroot, lacks: ["a"] };
    expect(adviceOf([good], good)).toEqual([]);
  });

  it("is to name properties where no worker wanted any action", () => {
    const attempts = [failed("plain", "no worker took the action"), failed("causeway", "unknown property 'root'")];
    expect(adviceOf(attempts, undefined).at(-1)).toContain("--platform NAME=VALUE");
  });
});

describe("a verdict", () => {
  it("is one only if it is of this version", () => {
    const verdict = { version: 1, url: "grpc://x", probedMs: 1, attempts: [], profile: null, lacks: [], advice: [] };
    expect(parseVerdict(JSON.stringify(verdict))).toEqual(verdict);
    for (const text of ["", "null", "{}", "[]", JSON.stringify({ ...verdict, version: 2 })])
      expect(parseVerdict(text)).toBeUndefined();
  });
});
