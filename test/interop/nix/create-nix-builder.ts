import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Builder } from "./builder.ts";
import { parsePathInfos } from "./path-info.ts";
import { runNix } from "./run-nix.ts";
import { output } from "./run-program.ts";
import { nixEnvironment, optionArguments, SHARED_SETTINGS } from "./settings.ts";

/** As many as may build at once. */
const BUILD_USERS = 4;
/** Above what distributions give to people and services, below what containers of users take. */
const BUILD_UID_BASE = 400_000;

/**
 * Real Nix on the private store `root`, as on a machine with several users: builds run as users of the group `nixbld`. Root without
 * them would give builds the powers of root over their own outputs and inputs.
 *
 * The users exist in a mount namespace only, through `passwd` and `group` files of our own, so that nothing is left behind on the
 * machine however we end. Nix kills every process of a build user: the ids are therefore made from our process id.
 *
 * @param buildUsers false: builds run as root. Faster, but they own their inputs and their shell: for trusted builds only.
 */
export async function createNixBuilder(root: string, home: string, buildUsers = true): Promise<Builder> {
  const inNamespace = buildUsers ? await withBuildUsers(home) : [];
  // Build users pass through this directory on the way to their builds.
  const temporary = join(home, "tmp");
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  const env = {
    ...nixEnvironment(home, { ...SHARED_SETTINGS, "build-users-group": buildUsers ? "nixbld" : "" }),
    TMPDIR: temporary,
  };
  return {
    name: buildUsers ? "nix-build" : "nix-build without build users",
    build({ derivations, options, keepGoing, check, through = [] }) {
      // `nix-build FILE.drv` is `nix-store --realise FILE.drv`, with a link to the first output only.
      const flags = [...(keepGoing === true ? ["--keep-going"] : []), ...(check === true ? ["--check"] : [])];
      return runNix(
        [
          ...through,
          ...inNamespace,
          "nix-store",
          "--realise",
          "--store",
          root,
          ...optionArguments(options),
          ...flags,
          ...derivations,
        ],
        { env: check === true ? { ...env, CORPUS_CHECKING: "1" } : env },
      );
    },
    async pathInfos(paths) {
      return paths.length === 0
        ? new Map()
        : parsePathInfos(await output(["nix", "path-info", "--json", "--store", root, ...paths], { env }));
    },
  };
}

async function withBuildUsers(home: string): Promise<string[]> {
  const [passwd, group] = [join(home, "passwd"), join(home, "group")];
  const first = BUILD_UID_BASE + process.pid * (BUILD_USERS + 1);
  const gid = first + BUILD_USERS;
  const users = Array.from({ length: BUILD_USERS }, (_, i) => `nixbld${i + 1}`);
  const lines = users.map((name, i) => `${name}:x:${first + i}:${gid}:Nix build user:/var/empty:/usr/sbin/nologin\n`);
  await mkdir(join(home, "nix-state"), { recursive: true });
  await writeFile(passwd, (await readFile("/etc/passwd", "utf8")).replace(/^nixbld.*\n/gm, "") + lines.join(""));
  const groups = (await readFile("/etc/group", "utf8")).replace(/^nixbld.*\n/gm, "");
  await writeFile(group, `${groups}nixbld:x:${gid}:${users.join(",")}\n`);
  const script = 'mount --bind "$0" /etc/passwd && mount --bind "$1" /etc/group && shift && exec "$@"';
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, passwd, group];
}
