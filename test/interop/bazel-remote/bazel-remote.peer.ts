import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createServerHome } from "../../serve/start-server.ts";
import { describeTree } from "../peers/describe-tree.ts";
import { goPrograms } from "../peers/go-program.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { createRemoteTool } from "../remotetool/remotetool.ts";
import { startBazelRemote } from "./start-bazel-remote.ts";

const PREPARE_MS = 1_500_000;
const TIMEOUT_MS = 120_000;
/** An ActionResult that has only standard output, the text "hello". */
const RESULT = Buffer.from([0x2a, 5, ...Buffer.from("hello")]);

const opened = new AsyncDisposableStack();
let programs: string;
let directory: string;
let server: { readonly grpc: string; readonly http: string };
beforeAll(async () => {
  programs = await goPrograms();
  directory = opened.use(await temporaryDirectory()).path;
  server = await opened
    .use(await createServerHome())
    .start()
    .ready();
}, PREPARE_MS);
afterAll(() => opened.disposeAsync(), TIMEOUT_MS);

it.each(["uncompressed", "zstd"])(
  "is what a bazel-remote (%s) in front of it writes to and reads from",
  async (mode) => {
    const proxying = [`--grpc_proxy.url=${server.grpc}`, `--storage_mode=${mode}`];
    const from = join(directory, `from-${mode}`);
    await mkdir(from);
    for (let i = 0; i < 30; i++) await writeFile(join(from, `file${i}`), `${mode} ${i}\n`);
    await writeFile(join(from, "large"), Buffer.alloc(5 << 20, mode));
    const key = createHash("sha256").update(mode).digest("hex");
    let digest: string;
    {
      await using first = await startBazelRemote(programs, join(directory, `first-${mode}`), proxying);
      digest = await createRemoteTool(programs, { execution: first.grpc, cas: first.grpc }, directory).upload(from);
      expect((await fetch(`${first.http}/ac/${key}`, { method: "PUT", body: RESULT })).status).toBe(200);
      // It passes on in its own time what it has acknowledged.
      await until(async () => (await fetch(`${server.http}/ac/${key}`)).status === 200);
      await until(
        async () => (await fetch(`${server.http}/cas/${digest.split("/")[0]}`, { method: "HEAD" })).status === 200,
      );
    }
    await using second = await startBazelRemote(programs, join(directory, `second-${mode}`), proxying);
    const to = join(directory, `to-${mode}`);
    await createRemoteTool(programs, { execution: second.grpc, cas: second.grpc }, directory).download(digest, to);
    expect(await describeTree(to)).toEqual(await describeTree(from));
    const found = await fetch(`${second.http}/ac/${key}`);
    expect(found.status).toBe(200);
    expect(Buffer.from(await found.arrayBuffer()).includes("hello")).toBe(true);
  },
  TIMEOUT_MS,
);

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("what bazel-remote was given did not arrive");
    await sleep(50);
  }
}
