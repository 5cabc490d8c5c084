import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { describeTree } from "../peers/describe-tree.ts";
import { goPrograms } from "../peers/go-program.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { createRemoteTool, type RemoteTool } from "./remotetool.ts";

const PREPARE_MS = 1_500_000;
const TIMEOUT_MS = 120_000;
const opened = new AsyncDisposableStack();
let directory: string;
let tool: RemoteTool;
beforeAll(async () => {
  directory = opened.use(await temporaryDirectory()).path;
  const home = opened.use(await createServerHome());
  const { grpc } = await home.start().ready();
  tool = createRemoteTool(await goPrograms(), { execution: grpc, cas: grpc }, directory);
}, PREPARE_MS);
afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

it("uploads a directory and downloads it again", { timeout: TIMEOUT_MS }, async () => {
  const from = await makeTree(join(directory, "from"));
  const to = join(directory, "to");
  await tool.download(await tool.upload(from), to);
  expect(await describeTree(to)).toEqual(await describeTree(from));
});

it("executes an action and downloads what it made", { timeout: TIMEOUT_MS }, async () => {
  const results = await tool.execute("tr a-z A-Z < in.txt > out.txt", { "in.txt": "hello\n" }, ["out.txt"]);
  expect(await readFile(join(results, "out.txt"), "utf8")).toBe("HELLO\n");
});

/** Small and large files, an executable, and a link. */
async function makeTree(directory: string): Promise<string> {
  await mkdir(join(directory, "deep", "er"), { recursive: true });
  for (let i = 0; i < 50; i++) await writeFile(join(directory, "deep", `file${i}`), `file ${i}\n`);
  await writeFile(join(directory, "large"), Buffer.alloc(6 << 20, "causeway"));
  await writeFile(join(directory, "deep", "er", "program"), "#!/bin/sh\n", { mode: 0o755 });
  await symlink("deep/file1", join(directory, "link"));
  return directory;
}
