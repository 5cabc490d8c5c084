import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output } from "../nix/run-program.ts";
import { cached } from "./cached.ts";

const PEERS = fileURLToPath(new URL("go", import.meta.url));
const LOAD_CLIENT = fileURLToPath(new URL("../../bench/load/client", import.meta.url));

/** The Go programs that are pinned in `go/go.mod`: bazel-remote and remotetool. @returns the folder with them. */
export async function goPrograms(): Promise<string> {
  return build("go", PEERS, ["go.mod", "go.sum"], ["tool"]);
}

/** The load client of the benchmarks. @returns the program. */
export async function loadClient(): Promise<string> {
  const files = ["go.mod", "go.sum", "main.go", "cas.go", "actions.go"];
  return join(await build("load-client", LOAD_CLIENT, files, ["."]), "casload");
}

async function build(
  name: string,
  from: string,
  files: readonly string[],
  packages: readonly string[],
): Promise<string> {
  const recipe = files.map((file) => readFileSync(join(from, file), "utf8"));
  return cached(name, recipe, async (directory) => {
    for (const file of files) copyFileSync(join(from, file), join(directory, file));
    await output(["go", "build", "-buildvcs=false", "-mod=readonly", "-o", `${directory}/`, ...packages], {
      cwd: directory,
      env: { ...process.env, GOWORK: "off", GOFLAGS: "" },
      timeoutMs: 1_200_000,
    });
  });
}
