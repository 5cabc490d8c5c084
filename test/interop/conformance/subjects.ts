import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createServerHome } from "../../serve/start-server.ts";
import { startBazelRemote } from "../bazel-remote/start-bazel-remote.ts";
import { buildbarnFolder, startBuildbarn } from "../buildbarn/start-buildbarn.ts";
import { startBuildGrid } from "../buildgrid/start-buildgrid.ts";
import { output } from "../nix/run-program.ts";
import { sidRoot } from "../peers/debian-root.ts";
import { goPrograms } from "../peers/go-program.ts";
import { freePorts, startPeer } from "../peers/start-peer.ts";

/** A server whose conformance is looked at. */
export interface ServerSubject {
  readonly name: string;
  /** Version, and how it was set up. */
  readonly description: string;
  /** Properties that its workers want of actions. */
  readonly platform?: string;
  /** Starts it with its data in an empty directory. */
  start(directory: string): Promise<AsyncDisposable & { readonly url: string }>;
}

const VERSION = (JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as Versioned)
  .version;

interface Versioned {
  readonly version: string;
}

/** Ours, and those foreign ones that can be had here. Buildbarn only where `$BUILDBARN_BIN` names its programs. */
export async function serverSubjects(): Promise<ServerSubject[]> {
  const subjects = [causeway, bazelRemote, await casd(), buildgrid];
  const folder = buildbarnFolder();
  return folder === undefined ? subjects : [...subjects, buildbarn(folder)];
}

const causeway: ServerSubject = {
  name: "Causeway",
  description: `${VERSION}, \`causeway serve\` without configuration`,
  async start() {
    const home = await createServerHome();
    const { grpc } = await home.start().ready();
    return { url: grpc, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
  },
};

const bazelRemote: ServerSubject = {
  name: "bazel-remote",
  description: "2.6.1, a cache only",
  async start(directory) {
    const peer = await startBazelRemote(await goPrograms(), join(directory, "data"));
    return { url: peer.grpc, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
  },
};

/** BuildBox's server: CAS, action cache and execution in one process. */
async function casd(): Promise<ServerSubject> {
  const root = await sidRoot();
  const words = ["/usr/bin/dpkg-query", "--show", "--showformat=${Version}", "buildbox"];
  const version = await output(root.command(words, [], "/")).catch(() => "of Debian sid");
  return {
    name: "buildbox-casd",
    description: `${version}, actions by buildbox-run-hosttools`,
    async start(directory) {
      const [port = 0] = await freePorts(1);
      const options = ["--buildbox-run=/usr/bin/buildbox-run-hosttools", "--jobs=2", "--cache-failures=false"];
      const command = ["/usr/bin/buildbox-casd", `--bind=127.0.0.1:${port}`, ...options, join(directory, "data")];
      const peer = await startPeer({
        command: root.command(command, [directory], directory),
        port,
        logFile: join(directory, "log"),
      });
      return { url: `grpc://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
    },
  };
}

const buildgrid: ServerSubject = {
  name: "BuildGrid",
  description: "0.4.4 with PostgreSQL, actions by buildbox-worker and buildbox-run-hosttools",
  platform: "OSFamily=linux",
  start: async (directory) => startBuildGrid(await sidRoot(), directory, "hosttools"),
};

function buildbarn(folder: string): ServerSubject {
  return {
    name: "Buildbarn",
    description: "bb_storage, bb_scheduler, bb_worker and bb_runner, built from source",
    platform: "OSFamily=linux",
    async start(directory) {
      const barn = await startBuildbarn({ folder, directory });
      return { url: barn.storage, [Symbol.asyncDispose]: () => barn[Symbol.asyncDispose]() };
    },
  };
}
