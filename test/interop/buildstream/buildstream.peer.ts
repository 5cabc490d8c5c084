import { chmod, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram } from "../nix/run-program.ts";
import { sidRoot, type DebianRoot } from "../peers/debian-root.ts";
import { createServerHomeIn } from "../peers/start-causeway.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";

const PROJECT = fileURLToPath(new URL("project", import.meta.url));
const opened = new AsyncDisposableStack();
let root: DebianRoot;
let directory: string;
let project: string;
beforeAll(async () => {
  root = await sidRoot();
  directory = opened.use(await temporaryDirectory()).path;
  const home = opened.use(await createServerHomeIn(root));
  const { grpc } = await home.start().ready();
  project = join(directory, "project");
  await cp(PROJECT, project, { recursive: true });
  const bin = join(project, "files", "bin");
  await mkdir(bin, { recursive: true });
  await copyFile(join(root.directory, "usr", "bin", "busybox"), join(bin, "busybox"));
  await chmod(join(bin, "busybox"), 0o755);
  await symlink("busybox", join(bin, "sh"));
  await writeFile(join(directory, "buildstream.conf"), settings(grpc.replace("grpc:", "http:"), directory));
});
afterAll(() => opened.disposeAsync());

const TIMEOUT_MS = 300_000;
let first: string;

it("builds remotely", { timeout: TIMEOUT_MS }, async () => {
  await bst("build", "sum.bst");
  first = await checkout("first");
  const numbers = `${Array.from({ length: 1000 }, (_, i) => i + 1).join("\n")}\n`;
  expect(first).toBe(`${createHash("sha256").update(numbers).digest("hex")}  /share/link\n`);
});

it("has its artifacts again on a machine that has nothing", { timeout: TIMEOUT_MS }, async () => {
  await bst("artifact", "push", "--deps", "all", "sum.bst");
  await rm(join(directory, "cache"), { recursive: true });
  expect(await bst("artifact", "pull", "--deps", "all", "sum.bst")).toMatch(/Pulled artifact/i);
  expect(await checkout("second")).toEqual(first);
});

async function checkout(name: string): Promise<string> {
  const place = join(directory, name);
  await bst("artifact", "checkout", "--deps", "none", "--directory", place, "sum.bst");
  return readFile(join(place, "share", "sum"), "utf8");
}

/** @returns all that it said. */
async function bst(...words: string[]): Promise<string> {
  const command = ["bst", "-c", join(directory, "buildstream.conf"), "--no-interactive", "--no-colors", ...words];
  const env = { PATH: "/usr/bin:/bin", HOME: directory, LANG: "C.UTF-8" };
  const { exit, stdout, stderr } = await runProgram(root.command(command, [directory], project), { env });
  if (exit !== 0)
    throw new Error(`bst ${words.join(" ")} ended with ${exit}:\n${stderr.slice(-5000)}${stdout.slice(-2000)}`);
  return stdout + stderr;
}

function settings(server: string, directory: string): string {
  return `cachedir: ${directory}/cache
logdir: ${directory}/logs
remote-execution:
  execution-service: {url: "${server}"}
  storage-service: {url: "${server}"}
  action-cache-service: {url: "${server}"}
artifacts:
  servers:
  - url: "${server}"
    push: true
source-caches:
  servers:
  - url: "${server}"
    push: true
`;
}
