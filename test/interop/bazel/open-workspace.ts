import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../nix/run-program.ts";
import { bookwormRoot, sidRoot, type DebianRoot } from "../peers/debian-root.ts";
import { describeTree } from "../peers/describe-tree.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";

const WORKSPACE = fileURLToPath(new URL("workspace", import.meta.url));
const STUBS = fileURLToPath(new URL("stubs", import.meta.url));

/** What of the workspace is compared, below `bazel-bin`. */
const OUTPUTS = ["big.bin", "big.sum", "chain7.txt", "join.txt", "listing.txt", "ran.txt", "sum", "tree"];

/** A version of Bazel, and the flags with which it needs no network. */
export interface Bazel {
  readonly version: string;
  readonly root: DebianRoot;
  readonly offline: readonly string[];
}

/** Bazel 4.2.3 of Debian 12: API 2.0, legacy output fields. */
export async function bazel4(): Promise<Bazel> {
  const replaced = ["rules_cc", "rules_java", "rules_proto"].map(
    (name) => `--override_repository=${name}=${join(STUBS, name)}`,
  );
  const root = await bookwormRoot();
  return { version: "4.2.3", root, offline: ["--experimental_repository_disable_download", ...replaced] };
}

/** Bazel 7.7.1 of Debian sid. */
export async function bazel7(): Promise<Bazel> {
  const shipped = {
    platforms: "tools/platforms",
    bazel_features: "tools/features",
    bazel_skylib: "tools/skylib",
    rules_cc: "rules/cc",
    rules_java: "rules/java",
    rules_license: "rules/license",
    rules_proto: "rules/proto",
    rules_python: "rules/python",
  };
  const replaced = Object.entries(shipped).map(
    ([name, place]) => `--override_repository=${name}=/usr/share/bazel/${place}`,
  );
  return {
    version: "7.7.1",
    root: await sidRoot(),
    offline: ["--noenable_bzlmod", "--enable_workspace", "--repository_disable_download", ...replaced],
  };
}

/** How a build ended. */
export interface Built {
  readonly exit: number | string;
  /** All that Bazel said. */
  readonly said: string;
  /** Of its line "processes:", by where they ran: `remote`, `remote cache hit`, `local` …; without `internal`, which are not processes. */
  readonly processes: Readonly<Record<string, number>>;
}

/** A copy of the workspace with its own Bazel server. */
export interface Workspace extends AsyncDisposable {
  build(targets: readonly string[], flags: readonly string[]): Promise<Built>;
  clean(): Promise<void>;
  /** What lies below `bazel-bin` by path: links with their target, files with mode and hash. No directories: Bazel itself fetches no empty ones. */
  outputs(): Promise<Record<string, string>>;
  /** The text of one output, or `undefined` if it is not on this disk. */
  output(name: string): Promise<string | undefined>;
}

/** @param startup - Options before the command, such as the digest function. */
export async function openWorkspace(bazel: Bazel, startup: readonly string[] = []): Promise<Workspace> {
  const temporary = await temporaryDirectory();
  const directory = join(temporary.path, "workspace");
  await cp(WORKSPACE, directory, { recursive: true });
  const bin = join(directory, "bazel-bin");

  function run(words: readonly string[]) {
    const options = [`--output_user_root=${temporary.path}/output`, "--max_idle_secs=120", ...startup];
    const command = bazel.root.command(["bazel", ...options, ...words], [temporary.path, STUBS], directory);
    return runProgram(command, { env: { PATH: "/usr/bin:/bin", HOME: temporary.path, LANG: "C.UTF-8" } });
  }

  return {
    async build(targets, flags) {
      const looks = ["--color=no", "--curses=no", "--noshow_progress", "--verbose_failures", "--jobs=8"];
      const { exit, stderr } = await run(["build", ...bazel.offline, ...looks, ...flags, ...targets]);
      return { exit, said: stderr, processes: processesOf(stderr) };
    },
    async clean() {
      const { exit, stderr } = await run(["clean"]);
      if (exit !== 0) throw new Error(stderr);
    },
    async outputs() {
      const each = await Promise.all(OUTPUTS.map((name) => describeTree(join(bin, name), name)));
      return Object.assign({}, ...each) as Record<string, string>;
    },
    output: (name) => readFile(join(bin, name), "utf8").catch(() => undefined),
    async [Symbol.asyncDispose]() {
      await run(["shutdown"]);
      await temporary[Symbol.asyncDispose]();
    },
  };
}

function processesOf(said: string): Record<string, number> {
  // The last, for a build that Bazel tried again says it each time.
  const line = [...said.matchAll(/^INFO: \d+ process(?:es)?: (.*)\.$/gm)].at(-1)?.[1];
  if (line === undefined) return {};
  const counts = line.split(", ").map((part): [string, number] => {
    const [, count, where] = /^(\d+) (.*)$/.exec(part) ?? [];
    return [where ?? part, Number(count)];
  });
  return Object.fromEntries(counts.filter(([where]) => where !== "internal"));
}
