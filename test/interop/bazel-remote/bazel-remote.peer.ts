import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { digestBytes } from "@causeway/bridge/digest";
import { byteStringOf, encodeAction, encodeCommand } from "@causeway/bridge/formats";
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
  "is what a bazel-remote (%s) in front of it writes to, and reads from",
  async (mode) => {
    const proxying = [`--grpc_proxy.url=${server.grpc}`, `--storage_mode=${mode}`];
    const from = join(directory, `from-${mode}`);
    await mkdir(from);
    for (let i = 0; i < 30; i++) await writeFile(join(from, `file${i}`), `${mode} ${i}\n`);
    await writeFile(join(from, "large"), Buffer.alloc(5 << 20, mode));
    const command = encodeCommand({ arguments: [byteStringOf(mode)], environment: new Map(), outputPaths: [] });
    const commandDigest = digestBytes("sha256", command);
    const action = encodeAction({ commandDigest, inputRootDigest: digestBytes("sha256", Buffer.alloc(0)) });
    const key = digestBytes("sha256", action).hash;
    let digest: string;
    {
      await using first = await startBazelRemote(programs, join(directory, `first-${mode}`), proxying);
      digest = await createRemoteTool(programs, { execution: first.grpc, cas: first.grpc }, directory).upload(from);
      // It passes on in its own time what it has acknowledged, and what it says of a result is refused while the action is on its way.
      const put = async (path: string, body: Uint8Array<ArrayBuffer>): Promise<void> => {
        expect((await fetch(`${first.http}/${path}`, { method: "PUT", body })).status).toBe(200);
        await arrived(path);
      };
      await put(`cas/${commandDigest.hash}`, Buffer.from(command));
      await put(`cas/${key}`, Buffer.from(action));
      await put(`ac/${key}`, RESULT);
      await arrived(`cas/${digest.split("/")[0]}`);
    }
    // Its zstd mode reads nothing back but files in a format of its own, whatever server is behind it.
    if (mode === "zstd") return;
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

async function arrived(path: string): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await fetch(`${server.http}/${path}`, { method: "HEAD" })).status !== 200) {
    if (Date.now() > end) throw new Error(`what bazel-remote was given did not arrive: ${path}`);
    await sleep(50);
  }
}
