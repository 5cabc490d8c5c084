import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDirectoryFiles } from "#src/nix/substitute/cache/create-directory-files.js";
import { Code } from "#src/status/index.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "causeway-files-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

let written = 0;
const files = () =>
  createDirectoryFiles(`file://${directory}/cache`, join(directory, "cache"), () => String(written++));
const file = (text: string, fails = false) => ({
  ...{ contentType: "text/plain", sizeBytes: text.length },
  async *open() {
    yield Buffer.from(text);
    if (fails) throw new Error("broken");
  },
});

describe("the files of a cache in a directory", () => {
  it("are read and written as a whole", async () => {
    await files().put("nar/x.nar", file("text"));
    expect(readFileSync(join(directory, "cache/nar/x.nar"), "utf8")).toBe("text");
    expect(Buffer.concat(await Array.fromAsync((await files().open("nar/x.nar"))!)).toString()).toBe("text");
    expect(await files().has("nar/x.nar")).toBe(true);
    await expect(files().put("nar/y.nar", file("text", true))).rejects.toThrow("broken");
    expect(readdirSync(join(directory, "cache/nar"))).toEqual(["x.nar"]);
  });

  it("are not there where nothing is, or something else", async () => {
    mkdirSync(join(directory, "cache/folder"), { recursive: true });
    writeFileSync(join(directory, "cache/file"), "");
    for (const name of ["absent", "absent/too", "file/below"]) {
      expect(await files().open(name)).toBeUndefined();
      expect(await files().has(name)).toBe(false);
    }
    expect(await files().open("folder")).toBeUndefined();
  });

  it.each(["../secret", "nar/../../secret", "/secret", "", ".", "a//b", "a/./b", "a\0b"])(
    "are nowhere else, whatever a narinfo says: %j",
    async (name) => {
      writeFileSync(join(directory, "secret"), "secret");
      await expect(files().open(name)).rejects.toMatchObject({ code: Code.InvalidArgument });
      await expect(files().put(name, file("x"))).rejects.toMatchObject({ code: Code.InvalidArgument });
    },
  );

  it("that cannot be read are an error, and not absent", async () => {
    mkdirSync(join(directory, "cache"));
    symlinkSync("loop", join(directory, "cache/loop"));
    await expect(files().open("loop")).rejects.toThrow("ELOOP");
  });
});
