import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openSession } from "../cli/session.ts";
import { output, type Ended } from "../nix/run-program.ts";

const CLUSTER_NIX = join(import.meta.dirname, "cluster.nix");

/** A path as Nix and we know it. */
export interface KnownPath {
  readonly path: string;
  readonly narHash: string;
  readonly references: readonly string[];
}

/** A state of Causeway that builds on a cluster, and a store of real Nix beside it. */
export interface ClusterSession extends AsyncDisposable {
  /** With the derivations that are built. */
  readonly file: string;
  /** Runs `causeway build` on an attribute of `cluster.nix`. */
  build(attribute: string, ...words: readonly string[]): Promise<Ended>;
  causeway(...words: readonly string[]): Promise<Ended>;
  /** Builds every output of an attribute on the cluster. @throws Error if that fails. */
  there(attribute: string): Promise<readonly KnownPath[]>;
  /** The same with nix-build. */
  withNix(attribute: string): Promise<readonly KnownPath[]>;
  /** Begins with an empty state: whatever is found later was in the cluster. */
  forgetEverything(): Promise<void>;
}

/** @param options.words say how to build on the cluster, beside its address. */
export async function openClusterSession(options: {
  readonly url: string;
  readonly words: readonly string[];
}): Promise<ClusterSession> {
  const session = await openSession();
  const place = ["--remote", options.url, ...options.words];
  const build = (attribute: string, ...words: readonly string[]): Promise<Ended> =>
    session.causeway("build", ...place, "-f", CLUSTER_NIX, "-A", attribute, ...words);
  return {
    file: CLUSTER_NIX,
    build,
    causeway: (...words) => session.causeway(...words),
    async there(attribute) {
      const at = { env: session.env, cwd: session.home };
      const drv = (await output(["nix-instantiate", CLUSTER_NIX, "-A", attribute], at)).trim();
      const paths = await session.causewayOutput("build", ...place, drv);
      return known(await session.causewayOutput("path-info", "--json", ...paths.split("\n")));
    },
    async withNix(attribute) {
      const drv = await session.nixOutput("nix-instantiate", CLUSTER_NIX, "-A", attribute);
      const outputs = (await session.nixOutput("nix-store", "--realise", drv)).split("\n");
      return known(await session.nixOutput("nix", "path-info", "--json", ...outputs));
    },
    forgetEverything: () => rm(session.state, { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function known(json: string): readonly KnownPath[] {
  const infos = JSON.parse(json) as readonly KnownPath[];
  return infos
    .map(({ path, narHash, references }) => ({ path, narHash, references: [...references].sort() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
