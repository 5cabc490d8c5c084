import { encodeReapiDirectory, type ByteString, type Directory as ReapiDirectory } from "../../formats/index.js";
import { Code } from "../../status/index.js";
import { check, checkEqual, checkFails } from "../check.js";
import { Skip, type ConformanceCase } from "../conformance-case.js";
import type { Digest } from "../../digest/index.js";
import { StatusError } from "../../status/index.js";
import type { Subject, TestBlob } from "../subject.js";

const SOURCE = "ContentAddressableStorage.GetTree";

/** A directory of sub-directories, and of one file whose name makes it unlike any other. */
export function directoryBlob(subject: Subject, children: Readonly<Record<string, Digest>>): TestBlob {
  const directory: ReapiDirectory = {
    files: [
      {
        name: subject.random(8).toString("hex") as ByteString,
        digest: subject.digestOf(Buffer.from("x")),
        isExecutable: false,
      },
    ],
    directories: Object.entries(children).map(([name, digest]) => ({ name: name as ByteString, digest })),
    symlinks: [],
  };
  return subject.blob(encodeReapiDirectory(directory));
}

interface Page {
  readonly names: string[];
  readonly nextPageToken: string;
}

/** The names of the first file of each directory, page by page as they come. */
async function getTree(subject: Subject, root: Digest, pageSize = 0, pageToken = ""): Promise<Page[]> {
  const pages: Page[] = [];
  const request = { ...subject.head, rootDigest: subject.wire(root), pageSize, pageToken };
  try {
    for await (const { directories, nextPageToken } of subject.channel.serverStream(
      subject.methods.cas.getTree,
      request,
    ))
      pages.push({ names: directories.map(({ files }) => files[0]?.name ?? ""), nextPageToken: nextPageToken ?? "" });
  } catch (reason) {
    if (reason instanceof StatusError && reason.code === Code.Unimplemented)
      throw new Skip("GetTree is not implemented");
    throw reason;
  }
  return pages;
}

const namesOf = (pages: readonly Page[]): string[] => pages.flatMap(({ names }) => names);
const nameIn = (blob: TestBlob): string => /[0-9a-f]{16}/.exec(blob.bytes.toString("latin1"))![0];

/** A tree that has the same directory in two places; uploaded. */
async function diamond(subject: Subject): Promise<{ root: TestBlob; leaf: TestBlob; directories: TestBlob[] }> {
  const leaf = directoryBlob(subject, {});
  const [left, right] = [directoryBlob(subject, { leaf: leaf.digest }), directoryBlob(subject, { leaf: leaf.digest })];
  const root = directoryBlob(subject, { left: left.digest, right: right.digest });
  await subject.upload(leaf, left, right, root);
  return { root, leaf, directories: [leaf, left, right, root] };
}

export const treeCases: readonly ConformanceCase[] = [
  {
    name: "get-tree/whole",
    requirement: "must",
    rule: "the root and all directories below it come",
    source: SOURCE,
    async run(subject) {
      const { root, directories } = await diamond(subject);
      const names = namesOf(await getTree(subject, root.digest));
      checkEqual("directories", [...new Set(names)].sort(), directories.map(nameIn).sort());
    },
  },
  {
    name: "get-tree/shared-once",
    requirement: "should",
    rule: "a directory that is used twice comes once",
    source: SOURCE,
    async run(subject) {
      const { root, leaf } = await diamond(subject);
      const names = namesOf(await getTree(subject, root.digest));
      checkEqual("the shared directory comes", names.filter((name) => name === nameIn(leaf)).length, 1);
    },
  },
  {
    name: "get-tree/child-absent",
    requirement: "must",
    rule: "what is missing below the root is left out",
    source: SOURCE,
    async run(subject) {
      const [here, gone] = [directoryBlob(subject, {}), directoryBlob(subject, {})];
      const root = directoryBlob(subject, { gone: gone.digest, here: here.digest });
      await subject.upload(here, root);
      checkEqual("directories", namesOf(await getTree(subject, root.digest)).sort(), [here, root].map(nameIn).sort());
    },
  },
  {
    name: "get-tree/root-absent",
    requirement: "must",
    rule: "a root that is missing is NOT_FOUND",
    source: SOURCE,
    async run(subject) {
      await checkFails("GetTree", getTree(subject, directoryBlob(subject, {}).digest), Code.NotFound);
    },
  },
  {
    name: "get-tree/pages",
    requirement: "should",
    rule: "a page token goes on where its page ended",
    source: "GetTreeRequest.page_token",
    async run(subject) {
      const leaves = Array.from({ length: 10 }, () => directoryBlob(subject, {}));
      const root = directoryBlob(subject, Object.fromEntries(leaves.map(({ digest }, n) => [`d${n}`, digest])));
      await subject.upload(...leaves, root);
      const pages = await getTree(subject, root.digest, 3);
      checkEqual("directories", namesOf(pages).sort(), [root, ...leaves].map(nameIn).sort());
      check(pages.length > 1, "page_size was not heeded");
      const token = pages[0]!.nextPageToken;
      if (token === "") throw new Skip("the stream's pages have no tokens");
      const rest = namesOf(await getTree(subject, root.digest, 3, token));
      checkEqual("directories from the second page on", rest.sort(), namesOf(pages.slice(1)).sort());
    },
  },
  {
    name: "get-tree/bad-token",
    requirement: "customary",
    rule: "a token that is none is refused",
    source: "GetTreeRequest.page_token",
    async run(subject) {
      const root = directoryBlob(subject, {});
      await subject.upload(root);
      await checkFails("GetTree", getTree(subject, root.digest, 0, "\u0001nonsense"), Code.InvalidArgument);
    },
  },
];
