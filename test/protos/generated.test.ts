import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../..");
const temporary: string[] = [];
afterEach(() => temporary.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })));

describe.each(["reapi-protos", "tvix-protos"])("the generated types of %s", (workspace) => {
  it("are what the generator makes of the .proto files", () => {
    const out = mkdtempSync(path.join(tmpdir(), "causeway-generated-"));
    temporary.push(out);
    execFileSync("npm", ["run", "--silent", "generate"], {
      cwd: path.join(root, workspace),
      env: { ...process.env, OUT: out },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const fresh = contents(out);
    expect(fresh.size).toBeGreaterThan(20);
    expect(contents(path.join(root, workspace, "src"))).toEqual(fresh);
  });
});

function contents(directory: string): ReadonlyMap<string, string> {
  const files = globSync("generated*/**/*.ts", { cwd: directory }).sort();
  return new Map(files.map((file) => [file, readFileSync(path.join(directory, file), "utf8")]));
}
