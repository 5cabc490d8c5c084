import type { Digest } from "@causeway/bridge/digest";
import { byteStringOf, type ByteString, type Command } from "@causeway/bridge/formats";
import type { Store } from "@causeway/bridge/store";
import { existsInTree } from "../inputs/exists-in-tree.js";
import type { Platform } from "./platform.js";

/** What is `/` for a command: the input root, the host's toolchains with the input root beside them, or an image likewise. */
export type RootKind = "input" | "host" | "image";

/** What {@link chooseRoot} looks at. */
export interface RootQuestion {
  readonly inputRoot: Digest;
  readonly command: Command;
  readonly platform: Platform;
  /** When nothing else decides. */
  readonly defaultRoot: "input" | "host";
}

/** Where a bare name is looked for when the action has no PATH. */
const USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Decides what is `/` for an action. Properties do; without them, where the host is the default, an action whose program lies in its input root
 * when that is seen as `/` (BuildStream: `sh` with its PATH; a whole system) wants just that, and any other one (Bazel: `/bin/bash`,
 * `external/gcc/bin/gcc`) wants the host's toolchains.
 */
export async function chooseRoot(store: Store, question: RootQuestion): Promise<RootKind> {
  const { platform, inputRoot, defaultRoot } = question;
  if (platform.containerImage !== undefined) return "image";
  if (platform.root !== undefined) return platform.root;
  if (platform.chrootRootDigest !== undefined || platform.inputs === "read-only" || defaultRoot === "input")
    return "input";
  for (const path of programPaths(question.command)) if (await existsInTree(store, inputRoot, path)) return "input";
  return "host";
}

/** Where the program would be, as absolute paths; none for one that is named relative to the working directory. */
function programPaths({ arguments: [program = "" as ByteString], environment }: Command): ByteString[] {
  if (program.startsWith("/")) return [program];
  if (program.includes("/")) return [];
  const path = environment.get(byteStringOf("PATH")) ?? byteStringOf(USUAL_PATH);
  return path
    .split(":")
    .filter((directory) => directory.startsWith("/"))
    .map((directory) => `${directory}/${program}` as ByteString);
}
