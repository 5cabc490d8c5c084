import { afterEach, beforeEach, expect, it } from "vitest";
import { createOutputDownloader } from "#src/cluster/output-downloader.js";
import type { ClusterConnection } from "#src/cluster/connect-cluster.js";
import { digestBytes, type Digest } from "#src/digest/index.js";
import { encodeReapiDirectory, encodeTree, type ActionResult, type ByteString } from "#src/formats/index.js";
import type { GrpcChannel } from "#src/grpc/index.js";
import { Code } from "#src/status/index.js";
import { createMemoryStore, type Store } from "#src/store/index.js";

const PATH = "../nix/store/x" as ByteString;
let store: Store;
beforeEach(() => {
  store = createMemoryStore();
});
afterEach(() => store[Symbol.asyncDispose]());

/** A cluster that has these blobs, and answers with whatever bytes it likes. */
function cluster(blobs: ReadonlyMap<string, Uint8Array>): ClusterConnection {
  const channel = {
    address: "there",
    async *serverStream(_: unknown, { resourceName }: { resourceName: string }) {
      const data = blobs.get(resourceName.split("/").at(-2)!);
      if (data !== undefined) yield { data };
    },
  } as unknown as GrpcChannel;
  return {
    url: "grpc://there:1",
    channel,
    instanceName: "",
    capabilities: { batchBytesMax: 1 } as ClusterConnection["capabilities"],
    fn: "sha256",
    compress: false,
    retry: (call) => call(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const of = (bytes: Uint8Array): Digest => digestBytes("sha256", bytes);

function download(blobs: readonly (readonly [Digest, Uint8Array])[], result: Partial<ActionResult>) {
  const there = cluster(new Map(blobs.map(([digest, bytes]) => [digest.hash, bytes])));
  const whole = { outputFiles: [], outputDirectories: [], outputSymlinks: [], exitCode: 0, ...result };
  return createOutputDownloader(there, store.blobs).download(whole, new Set([PATH]));
}

const lie = { code: Code.DataLoss, message: expect.stringContaining("grpc://there:1") as unknown };

it("refuses bytes that are not those of the digest, and keeps none of them", async () => {
  const digest = of(Buffer.from("right"));
  const result = { outputFiles: [{ path: PATH, digest, isExecutable: false }] };
  await expect(download([[digest, Buffer.from("wrong")]], result)).rejects.toMatchObject(lie);
  expect(await store.blobs.stat(digest)).toBeUndefined();
});

it("refuses a tree whose two digests disagree, and one with a path that escapes", async () => {
  const tree = encodeTree(encodeReapiDirectory({ files: [], directories: [], symlinks: [] }), []);
  const other = of(Buffer.from("other"));
  const both = [{ path: PATH, treeDigest: of(tree), rootDirectoryDigest: other }];
  await expect(download([[of(tree), tree]], { outputDirectories: both })).rejects.toMatchObject(lie);
  // A symlink `../x` to `t`: encoded by hand, for our own encoder refuses it.
  const root = Buffer.from("\x1a\x09\x0a\x04../x\x12\x01t", "latin1");
  const escaping = encodeTree(root, []);
  const directories = [{ path: PATH, treeDigest: of(escaping) }];
  await expect(download([[of(escaping), escaping]], { outputDirectories: directories })).rejects.toMatchObject(lie);
});

it("leaves out what was not asked for, and refuses an output that is named twice", async () => {
  const symlink = { path: PATH, target: "t" as ByteString };
  const extra = { path: "../etc/passwd" as ByteString, target: "t" as ByteString };
  expect((await download([], { outputSymlinks: [symlink, extra] })).outputSymlinks).toEqual([symlink]);
  await expect(download([], { outputSymlinks: [symlink, symlink] })).rejects.toMatchObject(lie);
});
