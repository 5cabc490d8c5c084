import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLog } from "#src/compose/serve/open-log.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "causeway-log-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the log of a server", () => {
  it("is lines of JSON with level, time and facts", async () => {
    const file = join(directory, "log");
    const log = await openLog({ level: "info", format: "auto", file }, true);
    log.info("serving", { port: 1 });
    log.error("broken");
    log.debug("unsaid");
    expect(log.isDebug).toBe(false);
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: "info", time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string, port: 1, msg: "serving" },
      { level: "error", time: expect.any(String) as string, msg: "broken" },
    ]);
  });

  it("is text for people where it is asked for", async () => {
    const file = join(directory, "log");
    const log = await openLog({ level: "debug", format: "text", file }, false);
    log.warn("over its size", { limit: "3.0 GiB" });
    log.debug("call", { ms: 1 });
    expect(await readFile(file, "utf8")).toMatch(
      /^\d\d:\d\d:\d\d warning: over its size limit=3\.0 GiB\n\d\d:\d\d:\d\d call ms=1\n$/,
    );
  });

  it("says which file it cannot write", async () => {
    const file = join(directory, "absent", "log");
    await expect(openLog({ level: "info", format: "json", file }, false)).rejects.toThrow(/^opening the log: .*absent/);
  });
});
