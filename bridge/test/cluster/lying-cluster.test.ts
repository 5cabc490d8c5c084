import { afterEach, describe, expect, it } from "vitest";
import { BuildStatus } from "#src/coordinator/build.js";
import { digestBytes, type Digest } from "#src/digest/index.js";
import { encodeReapiDirectory, encodeTree, type ActionResult, type ByteString } from "#src/formats/index.js";
import { fieldsOf, type PackedRequest } from "#src/grpc/codec/find-missing-blobs.js";
import { WireWriter } from "#src/formats/wire/index.js";
import { Code } from "#src/status/index.js";
import { answered, openFaultCluster, resultWith, streamed, type Fault, type FaultCluster } from "./fault-cluster.js";
import { openBuilds, type Builds } from "./open-builds.js";

// Nothing that a cluster says is believed: what it got wrong is named, and nothing of it is registered.

let opened = new AsyncDisposableStack();
afterEach(async () => {
  const closing = opened;
  opened = new AsyncDisposableStack();
  await closing.disposeAsync();
});

interface There {
  /** Output paths as they were asked for. */
  readonly paths: readonly ByteString[];
  /** Puts a blob into the cluster. */
  readonly put: (bytes: Uint8Array | string) => Promise<Digest>;
}

type Tell = (there: There) => Promise<Partial<ActionResult>>;

async function open(tell: Tell): Promise<[FaultCluster, Builds]> {
  const cluster = opened.use(
    await openFaultCluster(async ({ command, store }) => {
      const put = async (bytes: Uint8Array | string): Promise<Digest> => {
        await store.blobs.writeMany([{ bytes: Buffer.from(bytes) }]);
        return of(bytes);
      };
      return { result: resultWith(await tell({ paths: command.outputPaths, put })) };
    }),
  );
  return [cluster, opened.use(await openBuilds(cluster.address))];
}

const of = (bytes: Uint8Array | string): Digest => digestBytes("blake3", Buffer.from(bytes));
const nowhere = of("what the cluster does not have");

/** One file at each output path. */
const files: Tell = async ({ paths, put }) => ({
  outputFiles: await Promise.all(
    paths.map(async (path) => ({ path, digest: await put(`${path}\n`), isExecutable: true })),
  ),
});

/** A single file, whose digest is said to be another. */
const fileSaidToBe =
  (said: (digest: Digest) => Digest): Tell =>
  async (there) => {
    const { outputFiles = [] } = await files(there);
    return { outputFiles: outputFiles.map((file) => ({ ...file, digest: said(file.digest) })) };
  };

interface RawNode {
  readonly name: string;
  readonly digest?: Digest;
  readonly target?: string;
}

/** A Directory as no honest encoder writes it. */
function rawDirectory(lists: {
  readonly files?: readonly RawNode[];
  readonly directories?: readonly RawNode[];
  readonly symlinks?: readonly RawNode[];
}): Uint8Array {
  const writer = new WireWriter();
  for (const [i, list] of [lists.files, lists.directories, lists.symlinks].entries())
    for (const { name, digest, target } of list ?? [])
      writer.message(i + 1, () => {
        writer.byteString(1, name as ByteString);
        if (target !== undefined) writer.byteString(2, target as ByteString);
        if (digest !== undefined)
          writer.message(2, () => {
            writer.byteString(1, digest.hash as ByteString);
            writer.int64(2, digest.sizeBytes);
          });
      });
  return writer.finish();
}

const encoded = (...names: readonly string[]): Uint8Array =>
  encodeReapiDirectory({
    files: [],
    directories: names.map((name) => ({ name: name as ByteString, digest: of(inner) })),
    symlinks: [],
  });
const inner = rawDirectory({ symlinks: [{ name: "l", target: "t" }] });

/** An output directory whose tree comes in one message. */
const tree =
  (root: Uint8Array, ...children: readonly Uint8Array[]): Tell =>
  async ({ paths, put }) => ({
    outputDirectories: [{ path: paths[0]!, treeDigest: await put(encodeTree(root, children)) }],
  });

/** The same with each directory as a blob. */
const directories =
  (root: Uint8Array, ...children: readonly Uint8Array[]): Tell =>
  async ({ paths, put }) => {
    for (const child of children) await put(child);
    return { outputDirectories: [{ path: paths[0]!, rootDirectoryDigest: await put(root) }] };
  };

const flipped = (data: Uint8Array): Uint8Array => data.map((byte) => byte ^ 1);
const reads = (change: (data: Uint8Array) => Uint8Array): [string, Fault] => [
  "Read",
  streamed(({ data }: { data: Uint8Array }) => ({ data: change(data) })),
];
type BatchAnswer = { readonly responses: readonly { readonly data: Uint8Array; readonly digest: Digest }[] };
const batches = (change: (responses: BatchAnswer["responses"]) => unknown): [string, Fault] => [
  "BatchReadBlobs",
  answered(({ responses }: BatchAnswer) => ({ responses: change(responses) })),
];

interface Lie {
  readonly what: string;
  readonly derivation?: string;
  readonly tell: Tell;
  readonly fault?: [string, Fault];
  readonly says: RegExp;
}

const badNames: readonly (readonly [string, string])[] = [
  ["..", "that is its parent"],
  [".", "that is itself"],
  ["", "that is empty"],
  ["../x", "that leads out"],
  ["a/b", "that is a path"],
  ["/etc", "that is a path from the root"],
  ["a\0b", "with a zero"],
];

const lies: readonly Lie[] = [
  { what: "other bytes of a blob", tell: files, fault: reads(flipped), says: /other bytes than those of blob/ },
  { what: "half of a blob", tell: files, fault: reads((data) => data.subarray(3)), says: /other bytes than those of/ },
  {
    what: "more than a blob",
    tell: files,
    fault: reads((data) => Buffer.concat([data, data])),
    says: /other bytes than those of/,
  },
  { what: "nothing of a blob", tell: files, fault: reads(() => new Uint8Array()), says: /other bytes than those of/ },
  {
    what: "other bytes of a blob of a batch",
    derivation: "multi",
    tell: files,
    fault: batches((responses) => responses.map((each, i) => (i === 1 ? { ...each, data: flipped(each.data) } : each))),
    says: /other bytes than those of blob/,
  },
  {
    what: "blobs of a batch under each other's names",
    derivation: "multi",
    tell: files,
    fault: batches((all) => all.map((each, i) => ({ ...each, data: all[(i + 1) % all.length]!.data }))),
    says: /other bytes than those of blob/,
  },
  {
    what: "blobs of a batch that were not asked for",
    derivation: "multi",
    tell: files,
    fault: batches((all) => all.map((each) => ({ ...each, digest: { ...of("x"), hash: of("other").hash } }))),
    says: /the server does not answer for it/,
  },
  {
    what: "packed bytes where none were asked for",
    derivation: "multi",
    tell: files,
    fault: batches((all) => all.map((each) => ({ ...each, compressor: 1 }))),
    says: /other bytes than those of blob/,
  },
  {
    what: "a size that is not the blob's",
    tell: fileSaidToBe((digest) => ({ ...digest, sizeBytes: digest.sizeBytes + 1 })),
    says: /names blobs that it does not have/,
  },
  {
    what: "a negative size",
    tell: fileSaidToBe((digest) => ({ ...digest, sizeBytes: -1 })),
    says: /malformed message: .*impossible size: -1/,
  },
  {
    what: "a size of 0 for what is not empty",
    tell: fileSaidToBe((digest) => ({ ...digest, sizeBytes: 0 })),
    says: /malformed message: .*only the empty blob has size 0/,
  },
  {
    what: "a size beyond all stores, and a few bytes",
    tell: fileSaidToBe((digest) => ({ ...digest, sizeBytes: 2 ** 50 })),
    fault: [
      "Read",
      () =>
        async function* () {
          yield { data: Buffer.from("few") };
        },
    ],
    says: /other bytes than those of/,
  },
  {
    what: "a hash that is none",
    tell: fileSaidToBe((digest) => ({ ...digest, hash: `${digest.hash.slice(2)}ZZ` })),
    says: /malformed message: .*not 64 lower-case hex digits/,
  },
  {
    what: "an output that it does not have",
    tell: fileSaidToBe(() => nowhere),
    says: /names blobs that it does not have/,
  },
  {
    what: "a log that it does not have",
    tell: async (there) => ({ ...(await files(there)), stdoutDigest: nowhere }),
    says: /names blobs that it does not have/,
  },
  {
    what: "a tree that it does not have",
    tell: async ({ paths }) => ({ outputDirectories: [{ path: paths[0]!, treeDigest: nowhere }] }),
    says: /names blobs that it does not have/,
  },
  {
    what: "a root directory that it does not have",
    tell: async ({ paths }) => ({ outputDirectories: [{ path: paths[0]!, rootDirectoryDigest: nowhere }] }),
    says: /names blobs that it does not have/,
  },
  { what: "a tree without one of its directories", tell: tree(encoded("a")), says: /has no directory [0-9a-f]{64}/ },
  {
    what: "a tree with another directory in place of one",
    tell: tree(encoded("a"), rawDirectory({ symlinks: [{ name: "l", target: "other" }] })),
    says: /has no directory [0-9a-f]{64}/,
  },
  { what: "directories without one", tell: directories(encoded("a")), says: /names blobs that it does not have/ },
  { what: "a tree that is none", tell: tree(Buffer.from("no message")), says: /malformed/ },
  { what: "a directory that is none", tell: directories(Buffer.from("no message")), says: /malformed/ },
  {
    what: "a tree with two roots",
    tell: async ({ paths, put }) => {
      const one = encodeTree(inner, []);
      return { outputDirectories: [{ path: paths[0]!, treeDigest: await put(Buffer.concat([one, one])) }] };
    },
    says: /root is given twice/,
  },
  {
    what: "a tree whose file it does not have",
    tell: tree(rawDirectory({ files: [{ name: "f", digest: nowhere }] })),
    says: /names blobs that it does not have/,
  },
  {
    what: "two trees for one output",
    tell: async ({ paths, put }) => ({
      outputDirectories: [
        { path: paths[0]!, treeDigest: await put(encodeTree(inner, [])), rootDirectoryDigest: of("other") },
      ],
    }),
    says: /the two digests of output directory .* are of different trees/,
  },
  ...badNames.flatMap(([name, words]): Lie[] =>
    (["files", "directories", "symlinks"] as const).flatMap((list): Lie[] => {
      const target = list === "symlinks" ? { target: "t" } : { digest: of(inner) };
      const root = rawDirectory({ [list]: [{ name, ...target }] });
      return [
        { what: `a name ${words}, among the ${list} of a tree`, tell: tree(root, inner), says: /malformed/ },
        {
          what: `a name ${words}, among the ${list} of a directory`,
          tell: directories(root, inner),
          says: /malformed/,
        },
      ];
    }),
  ),
  {
    what: "one name twice",
    tell: tree(rawDirectory({ symlinks: [1, 2].map(() => ({ name: "l", target: "t" })) })),
    says: /name occurs twice/,
  },
  {
    what: "one name as two kinds of file",
    tell: tree(
      rawDirectory({ directories: [{ name: "l", digest: of(inner) }], symlinks: [{ name: "l", target: "t" }] }),
      inner,
    ),
    says: /name occurs twice/,
  },
  {
    what: "a symlink to nothing",
    tell: async ({ paths }) => ({ outputSymlinks: [{ path: paths[0]!, target: "" as ByteString }] }),
    says: /target/,
  },
  {
    what: "a symlink whose target has a zero",
    tell: async ({ paths }) => ({ outputSymlinks: [{ path: paths[0]!, target: "a\0b" as ByteString }] }),
    says: /target/,
  },
  {
    what: "one output twice",
    tell: async (there) => {
      const { outputFiles = [] } = await files(there);
      return { outputFiles: [...outputFiles, ...outputFiles] };
    },
    says: /one output is named twice/,
  },
  {
    what: "one output as two kinds of file",
    tell: async (there) => ({
      ...(await files(there)),
      outputSymlinks: [{ path: there.paths[0]!, target: "t" as ByteString }],
    }),
    says: /one output is named as two kinds of file/,
  },
  {
    what: "one output in both of its forms",
    tell: async (there) => ({
      ...(await files(there)),
      outputSymlinks: [{ path: there.paths[0]!.replace(/^(\.\.\/)+/, "") as ByteString, target: "t" as ByteString }],
    }),
    says: /one output is named/,
  },
];

describe("a cluster that sends", () => {
  it.each(lies)("$what: is named, and nothing is registered", async ({ derivation = "program", tell, fault, says }) => {
    const [cluster, builds] = await open(tell);
    if (fault !== undefined) cluster.always(...fault);
    const { status, errorText, registered } = await builds.build(derivation);
    expect(registered).toEqual([]);
    expect(errorText).toContain(`cluster grpc://${cluster.address}`);
    expect(errorText).toMatch(says);
    expect(status).toBe(BuildStatus.MiscFailure);
  });

  it("what was not asked for: it is left out, and not even fetched", async () => {
    const [cluster, builds] = await open(async (there) => {
      const { outputFiles = [] } = await files(there);
      const extra = ["../etc/passwd", "../../outside", "/etc/passwd", "x", "../nix/store/other"].map(
        (path) => path as ByteString,
      );
      return {
        outputFiles: [...outputFiles, { path: extra[0]!, digest: nowhere, isExecutable: false }],
        outputDirectories: extra.slice(1, 4).map((path) => ({ path, treeDigest: nowhere })),
        outputSymlinks: [{ path: extra[4]!, target: "t" as ByteString }],
      };
    });
    const { status, registered } = await builds.build("program");
    expect([status, registered.length]).toEqual([BuildStatus.Built, 1]);
    expect(cluster.runs).toHaveLength(1);
  });

  it("names that are not in order, as some do: they are put in order", async () => {
    const links = ["a", "b"].map((name) => ({ name, target: "t" }));
    const hashes = new Set<string>();
    for (const form of [tree, directories])
      for (const symlinks of [links, links.toReversed()]) {
        const [, builds] = await open(form(rawDirectory({ symlinks })));
        const { registered } = await builds.build("program");
        hashes.add((await builds.client.store.pathInfos.get(registered[0]!))!.narHash);
      }
    expect(hashes.size).toBe(1);
  });

  it("an output at another path than was asked for: it is not taken for it", async () => {
    const [, builds] = await open(async (there) => {
      const { outputFiles = [] } = await files(there);
      return { outputFiles: outputFiles.map((file) => ({ ...file, path: `../${file.path}` as ByteString })) };
    });
    const { errorText, registered } = await builds.build("program");
    expect(registered).toEqual([]);
    expect(errorText).toContain("failed to produce output path");
  });

  it("a cached result that lacks outputs: it is not used", async () => {
    const [cluster, builds] = await open(files);
    cluster.always("GetActionResult", () => async () => new Uint8Array());
    const { status, registered } = await builds.build("multi");
    expect([status, registered.length, cluster.runs.length]).toEqual([BuildStatus.Built, 3, 1]);
  });

  it.each([
    ["wrong bytes for a cached result", reads(flipped)],
    [
      "a cached result that is no message",
      ["GetActionResult", () => async () => Buffer.from("no message")] as [string, Fault],
    ],
  ])("%s: is named, and nothing is registered", async (_, fault) => {
    const [cluster, builds] = await open(files);
    expect((await builds.build("program")).status).toBe(BuildStatus.Built);
    const other = opened.use(await openBuilds(cluster.address));
    cluster.always(...fault);
    const { errorText, registered } = await other.build("program");
    expect(registered).toEqual([]);
    expect(errorText).toContain(`cluster grpc://${cluster.address}`);
  });

  it("that it lacks an input which it was just sent, for ever: it is not sent for ever", async () => {
    const [cluster, builds] = await open(files);
    cluster.always(
      "FindMissingBlobs",
      answered((_, request: PackedRequest) => ({
        fields: fieldsOf(
          request,
          Array.from({ length: request.digests.count }, (_digest, i) => i),
        ),
      })),
    );
    cluster.always(
      "BatchUpdateBlobs",
      answered(({ responses }: { responses: readonly { digest: Digest }[] }) => ({
        responses: responses.map(({ digest }) => ({
          digest,
          status: { code: Code.ResourceExhausted, message: "full" },
        })),
      })),
    );
    const { errorText, registered } = await builds.build("program");
    expect(registered).toEqual([]);
    expect(errorText).toMatch(/cluster grpc:.*: full/);
  });
});
