import type { ByteString } from "../../formats/bytes/byte-string.js";
import type { CastoreDirectory, CastoreNode } from "../../formats/castore/index.js";
import { Code, StatusError } from "../../status/index.js";
import type { Store } from "../store.js";

/** One step of a walk over a stored tree, in NAR order. */
export type TreeStep =
  | { readonly type: "enter"; readonly path: ByteString; readonly name: ByteString; readonly node: CastoreNode }
  | { readonly type: "leave"; readonly path: ByteString };

interface Frame {
  readonly path: ByteString;
  readonly directory: CastoreDirectory;
  next: number;
}

/**
 * Walks a stored tree, each entry as often as it occurs: `enter` for every node, and `leave` for each directory after its children. The path of the root is
 * empty; others have no leading slash.
 *
 * @throws StatusError NotFound if a directory is absent.
 */
export async function* walkTree(store: Store, root: CastoreNode): AsyncGenerator<TreeStep, void, undefined> {
  const nothing = "" as ByteString;
  yield { type: "enter", path: nothing, name: nothing, node: root };
  if (root.type !== "directory") return;
  const stack: Frame[] = [{ path: nothing, directory: await directoryOf(store, root.digest), next: 0 }];
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const entry = frame.directory.entries[frame.next++];
    if (entry === undefined) {
      stack.pop();
      yield { type: "leave", path: frame.path };
      continue;
    }
    const { name, node } = entry;
    const path = (frame.path === "" ? name : `${frame.path}/${name}`) as ByteString;
    yield { type: "enter", path, name, node };
    if (node.type === "directory") stack.push({ path, directory: await directoryOf(store, node.digest), next: 0 });
  }
}

/** Everything in a stored tree, in NAR order, the root (with an empty path) first. @throws StatusError NotFound. */
export async function* listTree(
  store: Store,
  root: CastoreNode,
): AsyncGenerator<{ readonly path: ByteString; readonly node: CastoreNode }, void, undefined> {
  for await (const step of walkTree(store, root)) if (step.type === "enter") yield { path: step.path, node: step.node };
}

/** A directory that must be here. @throws StatusError NotFound; DataLoss. */
export async function directoryOf(store: Store, digest: string): Promise<CastoreDirectory> {
  const directory = await store.directories.get(digest);
  if (directory === undefined) throw new StatusError(Code.NotFound, `directory ${digest} is not in the store`);
  return directory;
}
