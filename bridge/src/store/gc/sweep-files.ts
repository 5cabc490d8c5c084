import fs from "node:fs";
import { join } from "node:path";
import type { StoreCore } from "../store-core.js";

/** Deletes whole files that the index does not name: a crash came between the two. Only while nobody writes. @returns how many. */
export async function sweepFiles(core: StoreCore, directory: string): Promise<number> {
  let removed = 0;
  for (const fan of fs.readdirSync(directory)) {
    await new Promise(setImmediate);
    for (const name of fs.readdirSync(join(directory, fan))) {
      if (core.index.tables.blobs.has(Buffer.from(name, "hex"))) continue;
      fs.rmSync(join(directory, fan, name), { force: true });
      removed++;
    }
  }
  return removed;
}
