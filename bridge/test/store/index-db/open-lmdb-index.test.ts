import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Code } from "#src/status/index.js";
import { openLmdbIndex } from "#src/store/index-db/open-lmdb-index.js";

const isRoot = process.getuid?.() === 0;
const MIB = 1024 * 1024;

describe.skipIf(!isRoot)("an index on a full disk (needs root for a tmpfs)", () => {
  it("tells of a commit that failed once, to whoever wrote, and can be closed afterwards", async () => {
    const mount = fs.mkdtempSync(join(tmpdir(), "causeway-index-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", mount]).status).toBe(0);
    try {
      const index = openLmdbIndex({ directory: join(mount, "index") });
      await index.putAll([{ table: "meta", key: Buffer.from("kept"), value: Buffer.from("1") }]);
      // Enough is free for a commit to be tried, and too little for it.
      const { bavail, bsize } = fs.statfsSync(mount);
      fs.writeFileSync(join(mount, "other"), Buffer.alloc(bavail * bsize - 3 * MIB));
      const entries = Array.from({ length: 60_000 }, (_, i) => ({
        table: "blobs" as const,
        key: createHash("sha256").update(String(i)).digest(),
        value: Buffer.alloc(60),
      }));
      await expect(index.putAll(entries)).rejects.toEqual(expect.objectContaining({ code: Code.ResourceExhausted }));
      await index.flushed();
      expect(index.tables.meta.get(Buffer.from("kept"))).toEqual(Buffer.from("1"));
      expect(index.tables.blobs.get(entries[0]!.key)).toBeUndefined();
      await index.close();
    } finally {
      spawnSync("umount", ["-l", mount]);
      fs.rmdirSync(mount);
    }
  });
});
