import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { requireProgram } from "../require-program.js";
import { testCache } from "../test-cache.js";

interface DownloadedModule {
  readonly Dir?: string;
  readonly Error?: string;
}

/**
 * Downloads one version of a Go module and says where it is. Nothing is compiled, so the Go of any distribution will do, whatever version the
 * module asks for.
 */
export function goModule(moduleAtVersion: string): string {
  requireProgram(["go", "version"], "golang-go");
  const directory = testCache("go");
  const output = execFileSync("go", ["mod", "download", "-json", moduleAtVersion], {
    cwd: directory,
    encoding: "utf8",
    // A writable cache can be removed like any other folder; the Go that is there shall not fetch another one.
    env: { ...process.env, GOMODCACHE: directory, GOFLAGS: "-modcacherw", GOTOOLCHAIN: "local", GOWORK: "off" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { Dir, Error: failure } = JSON.parse(output) as DownloadedModule;
  if (Dir === undefined) throw new Error(`${moduleAtVersion} cannot be downloaded: ${failure ?? "no reason given"}`);
  return Dir;
}

/** Downloads and unpacks the wheel of a Python package, without what it depends on, and says where it is. */
export function pythonWheel(name: string, version: string): string {
  requireProgram(["python3", "-m", "pip", "--version"], "python3-pip");
  const parent = testCache("wheels");
  const target = path.join(parent, `${name}-${version}`);
  if (existsSync(target)) return target;
  // Another run may be at the same: each works in a folder of its own, and the first to be done gives it the name.
  const work = mkdtempSync(path.join(parent, ".new-"));
  const python = (...args: readonly string[]): unknown =>
    execFileSync("python3", args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  try {
    python(
      "-m",
      "pip",
      "download",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      "--dest=wheel",
      `${name}==${version}`,
    );
    const [wheel] = readdirSync(path.join(work, "wheel"));
    if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${name}`);
    python("-m", "zipfile", "-e", path.join("wheel", wheel), "unpacked");
    renameIfAbsent(path.join(work, "unpacked"), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

/** The text of a file of a downloaded package. */
export function readSource(directory: string, file: string): string {
  return readFileSync(path.join(directory, file), "utf8");
}

function renameIfAbsent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
