import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { output } from "../interop/nix/run-program.ts";
import { createSetting, isToldClearly, sampleArchive } from "./setting.ts";

const setting = await createSetting("full");
const { home } = setting;
const disk = join(home, "disk");
const env = { CAUSEWAY_STATE: join(disk, "state") };
const filler = join(disk, "filler");
const MEBIBYTE = 1024 * 1024;

beforeAll(async () => {
  await mkdir(disk);
  await output(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "none", disk]);
  await sampleArchive(setting);
  await mkdir(join(home, "many"));
  await Promise.all(Array.from({ length: 3000 }, (_, i) => writeFile(join(home, "many", `${i}`), `${i}`)));
  await writeFile(join(home, "large"), Buffer.alloc(6 * MEBIBYTE, 1));
  await output(["/bin/sh", "-c", 'nix-store --dump "$0" > "$0.nar"', join(home, "large")], { env: setting.env });
});
afterAll(async () => {
  await output(["umount", disk]);
  await rm(home, { recursive: true, force: true });
});

/** Fills the disk and gives back so much of it. */
async function leave(bytes: number): Promise<void> {
  await output(["/bin/sh", "-c", 'cat /dev/zero > "$0" 2>/dev/null || true', filler]);
  const size = Number(await output(["stat", "-c", "%s", filler]));
  await truncate(filler, Math.max(0, size - bytes));
}

describe.skipIf(process.getuid?.() !== 0)("on a full disk", () => {
  const works = {
    "store add of many files": () => setting.causeway(["store", "add", join(home, "many")], env),
    "store add of a large file": () => setting.causeway(["store", "add", join(home, "large")], env),
    "store import": () => setting.causewayReading(join(home, "large.nar"), ["store", "import"], env),
    build: async () =>
      setting.causeway(["build", await setting.instantiate("large", "yes | head -c 9000000 > $out")], env),
  };

  it.each(Object.entries(works))("%s says so, loses nothing, and works when there is room", async (_, run) => {
    await rm(join(disk, "state"), { recursive: true, force: true });
    const before = await setting.causewayReading(join(home, "sample.nar"), ["store", "import"], env);
    expect(before.exit, before.stderr).toBe(0);
    for (const bytes of [0, 300_000, 1_200_000, 3 * MEBIBYTE]) {
      await leave(bytes);
      const ended = await run();
      // The last is enough for many small files.
      if (bytes === 3 * MEBIBYTE && ended.exit === 0) continue;
      expect(isToldClearly(ended), `${bytes} left: ${ended.exit} ${ended.stderr}`).toBe(true);
      expect(ended.stderr).toMatch(/no space left on device|disk is full|No space left/i);
    }
    await leave(0);
    const path = before.stdout.trim();
    const read = await setting.causeway(["store", "cat", `${path}/a`], env);
    expect(read.stdout, read.stderr).toBe("hi\n");
    await rm(join(disk, "state", "journal")); // A state of before has none, and none can be made.
    const collected = await setting.causeway(["store", "gc"], env);
    expect(collected.exit, collected.stderr).toBe(0);
    await rm(filler);
    const again = await run();
    expect(again.exit, again.stderr).toBe(0);
    const verified = await setting.causeway(["store", "verify", "--contents"], env);
    expect(verified.exit, verified.stdout).toBe(0);
  });
});
