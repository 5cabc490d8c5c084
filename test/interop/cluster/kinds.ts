import { createServerHome } from "../../serve/start-server.ts";
import { buildbarnFolder, startBuildbarn } from "../buildbarn/start-buildbarn.ts";
import { startBuildGrid } from "../buildgrid/start-buildgrid.ts";
import { sidRoot } from "../peers/debian-root.ts";
import { startBuildBox } from "../peers/start-buildbox.ts";
import { temporaryDirectory } from "../peers/start-peer.ts";
import { buildboxExceptions, chrootExceptions, plainExceptions, serveExceptions } from "./corpus-exceptions.ts";
import type { Exceptions } from "./parity-suite.ts";

/** A kind of cluster that the long suites run on. */
export interface ClusterKind {
  readonly name: string;
  /** For names of files. */
  readonly id: string;
  /** Why it cannot be started here. */
  readonly absent?: string;
  /** What of the corpus it cannot host. */
  readonly exceptions: Exceptions;
  readonly hasProc: boolean;
  /** @returns its address. */
  readonly start: (opened: AsyncDisposableStack) => Promise<string>;
}

const folder = buildbarnFolder();
const absent = folder === undefined ? { absent: "$BUILDBARN_BIN is not set" } : {};

function startBarn(chroot: boolean): ClusterKind["start"] {
  return async (opened) => {
    const directory = opened.use(await temporaryDirectory()).path;
    return opened.use(await startBuildbarn({ folder: folder ?? "", directory, chroot })).storage;
  };
}

export const clusterKinds: readonly ClusterKind[] = [
  {
    ...{ name: "causeway serve", id: "causeway", exceptions: serveExceptions, hasProc: true },
    async start(opened) {
      const home = opened.use(await createServerHome());
      return (await home.start().ready()).grpc;
    },
  },
  {
    ...{ name: "buildbox-casd with bubblewrap", id: "buildbox", exceptions: buildboxExceptions, hasProc: true },
    async start(opened) {
      const directory = opened.use(await temporaryDirectory()).path;
      return opened.use(await startBuildBox(await sidRoot(), directory)).url;
    },
  },
  {
    ...{ name: "BuildGrid with bubblewrap", id: "buildgrid", exceptions: buildboxExceptions, hasProc: true },
    async start(opened) {
      const directory = opened.use(await temporaryDirectory()).path;
      return opened.use(await startBuildGrid(await sidRoot(), directory)).url;
    },
  },
  {
    ...{ name: "Buildbarn with a plain runner", id: "plain", exceptions: plainExceptions, hasProc: true },
    ...absent,
    start: startBarn(false),
  },
  {
    ...{ name: "Buildbarn with a chroot runner", id: "buildbarn", exceptions: chrootExceptions, hasProc: false },
    ...absent,
    start: startBarn(true),
  },
];
