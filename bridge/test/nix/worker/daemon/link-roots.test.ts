import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseStorePath } from "#src/formats/index.js";
import { createLinkRoots, type LinkRoots } from "#src/nix/worker/daemon/link-roots.js";
import { Code } from "#src/status/index.js";

const STORE_DIR = "/nix/store";
const [one, two] = ["1", "2"].map((digit) => parseStorePath(`${digit.repeat(32)}-path`)) as [
  ReturnType<typeof parseStorePath>,
  ReturnType<typeof parseStorePath>,
];

describe("links that keep paths", () => {
  let directory: string;
  let roots: LinkRoots;
  beforeEach(() => {
    directory = fs.mkdtempSync(join(tmpdir(), "causeway-roots-"));
    roots = createLinkRoots(join(directory, "gcroots"), STORE_DIR);
  });
  afterEach(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("count from when they are made, with the directories that they need, and may be made anew", async () => {
    const link = join(directory, "some/where/result");
    expect(await roots.make(`${directory}/some/./where//result/`, one)).toBe(link);
    expect(await roots.list()).toEqual([{ link, path: one }]);
    expect(fs.readlinkSync(link)).toBe(`${STORE_DIR}/${one}`);
    await roots.make(link, two);
    expect(await roots.list()).toEqual([{ link, path: two }]);
    expect(fs.readdirSync(join(directory, "some/where"))).toEqual(["result"]);
    fs.rmSync(link);
    expect(await roots.list()).toEqual([]);
  });

  it("are not made over anything that is no link into the store", async () => {
    const file = join(directory, "file");
    fs.writeFileSync(file, "kept");
    const elsewhere = join(directory, "elsewhere");
    fs.symlinkSync("/etc", elsewhere);
    for (const taken of [file, elsewhere, directory])
      await expect(roots.make(taken, one)).rejects.toMatchObject({ code: Code.AlreadyExists });
    expect(fs.readFileSync(file, "utf8")).toBe("kept");
    expect(fs.readlinkSync(elsewhere)).toBe("/etc");
    await expect(roots.make(join(file, "below"), one)).rejects.toThrow(`cannot create symlink '${file}/below'`);
  });

  it.each(["relative", "", "/with\0zero", STORE_DIR, `${STORE_DIR}/result`, `/nix/./store/../store/x`])(
    "are not made at %j",
    async (link) => {
      await expect(roots.make(link, one)).rejects.toMatchObject({ code: Code.InvalidArgument });
      expect(await roots.list()).toEqual([]);
    },
  );
});
