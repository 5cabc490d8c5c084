import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * What lies at a place, by path: links with their target, files with their hash and whether they are executable. No directories, for some clients
 * do not make empty ones.
 *
 * @param name - What the place itself is called in the answer.
 */
export async function describeTree(place: string, name = "."): Promise<Record<string, string>> {
  const stat = await lstat(place);
  if (stat.isSymbolicLink()) return { [name]: `link to ${await readlink(place)}` };
  if (stat.isDirectory()) {
    const names = await readdir(place);
    const each = await Promise.all(names.sort().map((child) => describeTree(join(place, child), join(name, child))));
    return Object.assign({}, ...each) as Record<string, string>;
  }
  const hash = createHash("sha256")
    .update(await readFile(place))
    .digest("hex");
  return { [name]: `${(stat.mode & 0o111) === 0 ? "file" : "executable"} ${hash}` };
}
