import { chmod, cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSetting, isToldClearly, sampleArchive } from "./setting.ts";

const setting = await createSetting("damaged");
const { home, state, causeway } = setting;
const intact = join(home, "intact");
let path: string;

beforeAll(async () => {
  const archive = await sampleArchive(setting);
  path = (await setting.causewayReading(archive, ["store", "import"])).stdout.trim();
  await cp(state, intact, { recursive: true });
});
beforeEach(async () => {
  await rm(state, { recursive: true, force: true });
  await cp(intact, state, { recursive: true });
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Changes one bit of the only file below a directory of the state, where `text` is or in its middle. */
async function flip(directory: string, text?: string): Promise<void> {
  const entries = await readdir(join(state, directory), { recursive: true, withFileTypes: true });
  const entry = entries.find((candidate) => candidate.isFile())!;
  const file = join(entry.parentPath, entry.name);
  const bytes = await readFile(file);
  const at = text === undefined ? bytes.byteLength >> 1 : bytes.indexOf(text);
  bytes[at]! ^= 1;
  await chmod(file, 0o644);
  await writeFile(file, bytes);
}

describe("a damaged state", () => {
  it.each([
    ["in a pack", () => flip("packs", "hi\n"), "a"],
    ["in a large file", () => flip("files"), "sub/large"],
  ])("%s is found by verify --contents, which names it", async (_, damage) => {
    await damage();
    const verified = await causeway(["store", "verify", "--contents"]);
    expect(verified.exit).toBe(1);
    expect(verified.stdout).toMatch(/^blob [0-9a-f]{64}: its contents are damaged/m);
    expect(verified.stdout).toContain(`path-info ${path.slice("/nix/store/".length)}: `);
  });

  it.each([
    ["in a pack", () => flip("packs", "hi\n"), "a"],
    ["in a large file", () => flip("files"), "sub/large"],
  ])("%s is never served as what it was", async (_, damage, file) => {
    const whole = await causeway(["store", "cat", `${path}/${file}`]);
    expect(whole.exit, whole.stderr).toBe(0);
    await damage();
    const words = [
      ["store", "cat", `${path}/${file}`],
      ["store", "export", path],
      ["store", "checkout", "--to", join(home, `copy-${file.replace("/", "-")}`), path],
    ];
    for (const command of words) {
      const ended = await causeway(command);
      expect(isToldClearly(ended), `${command.join(" ")}: ${ended.stderr}`).toBe(true);
      expect(ended.stderr).toMatch(/damaged/);
    }
  });

  it.each([
    ["is cut off", (index: string) => truncate(index, 5000)],
    ["begins with dust", (index: string) => writeFile(index, Buffer.alloc(100_000, 0x5a))],
  ])("whose index %s is refused, by name", async (_, damage) => {
    await damage(join(state, "index", "data.mdb"));
    for (const words of [
      ["path-info", path],
      ["store", "verify"],
    ]) {
      const ended = await causeway(words);
      expect(isToldClearly(ended), ended.stderr).toBe(true);
      expect(ended.stderr).toContain(`${join(state, "index", "data.mdb")} is damaged`);
    }
  });

  it("of another store directory or version is refused, saying which", async () => {
    const other = await causeway(["store", "verify"], { NIX_STORE_DIR: "/other/store" });
    expect(isToldClearly(other), other.stderr).toBe(true);
    expect(other.stderr).toContain("belongs to the store '/nix/store', not to '/other/store'");
    await writeFile(join(state, "format"), "causeway-state 99\n/nix/store\n");
    const newer = await causeway(["path-info", path]);
    expect(isToldClearly(newer), newer.stderr).toBe(true);
    expect(newer.stderr).toContain('its format is "causeway-state 99"');
  });

  it("that is a file, or cannot be made, is told by name", async () => {
    const file = join(home, "file");
    await writeFile(file, "");
    for (const place of [file, join(file, "below")]) {
      const ended = await causeway(["store", "add", "--state", place, home]);
      expect(isToldClearly(ended), ended.stderr).toBe(true);
      expect(ended.stderr).toContain(place);
    }
  });
});
