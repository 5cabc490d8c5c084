import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code } from "#src/status/index.js";
import { takeStateLock } from "#src/store/state-lock.js";

describe("the lock of a state directory", () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-lock-"));
  });
  afterEach(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });

  const path = (): string => join(directory, "lock");
  const refused = expect.objectContaining({ code: Code.FailedPrecondition }) as unknown;

  it("is had by one at a time, under any name of the directory, and given back", async () => {
    const first = await takeStateLock(directory);
    fs.symlinkSync(directory, join(directory, "alias"));
    for (const name of [directory, join(directory, "alias")])
      await expect(takeStateLock(name)).rejects.toEqual(refused);
    await first.release();
    expect(fs.existsSync(path())).toBe(false);
    await (await takeStateLock(directory)).release();
  });

  it("is won by one of many who try at once", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => takeStateLock(directory)));
    const won = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(won).toHaveLength(1);
    await won[0]!.release();
  });

  /** What a holder leaves behind, changed in one respect. */
  async function leaveBehind(change: Record<string, unknown>): Promise<void> {
    const lock = await takeStateLock(directory);
    const holder = JSON.parse(fs.readFileSync(path(), "utf8")) as Record<string, unknown>;
    await lock.release();
    fs.writeFileSync(path(), JSON.stringify({ ...holder, ...change }));
  }

  it.each<[string, Record<string, unknown>]>([
    ["of this network namespace, whose socket is gone", {}],
    ["of another boot", { bootId: "other", netNamespace: "net:[1]", pidNamespace: "pid:[1]" }],
    ["of another network namespace that has died", { netNamespace: "net:[1]", pid: 2 ** 22 + 1 }],
    [
      "of another network namespace whose pid was given to another process",
      { netNamespace: "net:[1]", startTime: "1" },
    ],
  ])("is taken from a holder %s", async (_, change) => {
    await leaveBehind(change);
    await (await takeStateLock(directory)).release();
  });

  it.each<[string, Record<string, unknown>]>([
    ["lives in another network namespace", { netNamespace: "net:[1]" }],
    ["cannot be looked for, being in another pid namespace", { netNamespace: "net:[1]", pidNamespace: "pid:[1]" }],
  ])("is refused while a holder %s", async (_, change) => {
    await leaveBehind(change);
    await expect(takeStateLock(directory)).rejects.toEqual(refused);
    fs.rmSync(path());
    await (await takeStateLock(directory)).release();
  });

  it("is taken over a torn file", async () => {
    fs.writeFileSync(path(), '{"pid": 1');
    await (await takeStateLock(directory)).release();
  });
});
