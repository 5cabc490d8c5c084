import {
  DERIVATION_BYTES_MAX,
  isDerivationPath,
  parseDerivation,
  type Derivation,
  type StorePath,
} from "../../formats/index.js";
import { Code, StatusError } from "../../status/index.js";
import { closureOf, digestOfFile, type PathInfo, type Store } from "../../store/index.js";
import { BuildFailure, BuildStatus } from "../build.js";
import { subclosure } from "./subclosure.js";
import type { GraphRequest, ReferenceGraph } from "./reference-graph.js";

/**
 * The closures that a build asked for. Where a closure holds derivations, their outputs belong to it too: that is how images of whole
 * systems with their build closure are made.
 *
 * @throws BuildFailure PermanentFailure with Nix's text if a path is not among the inputs. Source: Nix 2.8, store-api.cc, `exportReferences`.
 */
export async function exportReferences(
  store: Pick<Store, "pathInfos" | "blobs">,
  request: GraphRequest,
  inputs: ReadonlyMap<StorePath, PathInfo>,
  storeDir: string,
): Promise<ReferenceGraph> {
  for (const path of request.paths)
    if (!inputs.has(path))
      throw new BuildFailure(
        BuildStatus.PermanentFailure,
        `cannot export references of path '${storeDir}/${path}' because it is not in the input closure of the derivation`,
      );
  const closure = subclosure(inputs, request.paths);
  const outputs: StorePath[] = [];
  for (const info of closure) {
    if (!isDerivationPath(info.path)) continue;
    const derivation = await readDerivation(store, info, storeDir);
    for (const output of derivation.outputs.values())
      if (output.type === "input-addressed" || output.type === "fixed") outputs.push(output.path);
  }
  if (outputs.length === 0) return { name: request.name, closure };
  return { name: request.name, closure: await closureOf(store.pathInfos, [...request.paths, ...outputs]) };
}

async function readDerivation({ blobs }: Pick<Store, "blobs">, info: PathInfo, storeDir: string): Promise<Derivation> {
  const { node } = info;
  if (node.type !== "file" || node.size > DERIVATION_BYTES_MAX)
    throw new StatusError(Code.InvalidArgument, `'${info.path}' is no derivation`);
  const [bytes] = await blobs.readMany([digestOfFile(node)]);
  if (bytes === undefined) throw new StatusError(Code.DataLoss, `the contents of '${info.path}' are gone`);
  return parseDerivation(storeDir, bytes);
}
