import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../nix/run-program.ts";

/** Where the tool calls. */
export interface Services {
  readonly execution: string;
  readonly cas: string;
}

/** The Go SDK's command line, with a directory for what it needs. */
export interface RemoteTool {
  upload(path: string): Promise<string>;
  download(digest: string, path: string): Promise<void>;
  /** Runs a shell command whose input root has these files, and gives its output files as they lie in a directory. */
  execute(command: string, inputs: Readonly<Record<string, string>>, outputs: readonly string[]): Promise<string>;
}

/** @param folder - With the program. */
export function createRemoteTool(folder: string, { execution, cas }: Services, directory: string): RemoteTool {
  let runs = 0;
  const run = (...words: string[]) =>
    output([
      join(folder, "remotetool"),
      `--service=${hostPort(execution)}`,
      `--cas_service=${hostPort(cas)}`,
      "--service_no_security",
      "--logtostderr",
      ...words,
    ]);
  return {
    async upload(path) {
      const report = join(directory, `upload-${runs++}.json`);
      await run("--operation=upload_dir", `--path=${path}`, "--symlink_behavior=preserve", `--json=${report}`);
      const { RootDigest } = JSON.parse(await readFile(report, "utf8")) as {
        RootDigest: { Hash: string; Size: number };
      };
      return `${RootDigest.Hash}/${RootDigest.Size}`;
    },
    async download(digest, path) {
      await run("--operation=download_dir", `--digest=${digest}`, `--path=${path}`);
    },
    async execute(command, inputs, outputs) {
      const action = join(directory, `action-${runs}`);
      const results = join(directory, `results-${runs++}`);
      await mkdir(join(action, "input"), { recursive: true });
      for (const [name, text] of Object.entries(inputs)) await writeFile(join(action, "input", name), text);
      await writeFile(join(action, "cmd.textproto"), textOfCommand(["/bin/sh", "-c", command], outputs));
      await writeFile(join(action, "ac.textproto"), "timeout { seconds: 60 }\n");
      await run("--operation=execute_action", `--action_root=${action}`, `--path=${results}`);
      return results;
    },
  };
}

function textOfCommand(words: readonly string[], outputs: readonly string[]): string {
  const lines = [
    ...words.map((word) => `arguments: ${JSON.stringify(word)}`),
    ...outputs.map((path) => `output_files: ${JSON.stringify(path)}`),
    'platform { properties { name: "OSFamily" value: "linux" } }',
  ];
  return `${lines.join("\n")}\n`;
}

function hostPort(address: string): string {
  return new URL(address).host;
}
