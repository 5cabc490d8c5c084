import type { StorePath } from "../../../formats/index.js";
import { Code, StatusError } from "../../../status/index.js";
import type { Call } from "../call.js";
import { deadPaths, livePaths, rootsOf } from "../daemon/liveness.js";
import { readStorePath, readStorePaths, writePath, writePaths } from "../wire/values.js";

export async function addTempRoot(call: Call): Promise<undefined> {
  await call.keep([(await readStorePath(call.reader, call.daemon.storeDir))()]);
  call.reply.number(1);
  return undefined;
}

/** The link is in the client's file system, which may be another one than ours: it counts if we see it. */
export async function addIndirectRoot({ reader, daemon, reply }: Call): Promise<undefined> {
  await daemon.roots.add(await reader.text("link"));
  reply.number(1);
  return undefined;
}

/** A link that the daemon makes, for clients that share its file system. */
export async function addPermRoot(call: Call): Promise<undefined> {
  const { reader, daemon, session, reply } = call;
  const later = await readStorePath(reader, daemon.storeDir);
  const link = await reader.text("link");
  if (!session.isTrusted) throw new StatusError(Code.PermissionDenied, "you are not privileged to create perm roots");
  const path = later();
  await call.keep([path]);
  reply.text(await daemon.roots.make(link, path));
  return undefined;
}

/** Temporary roots are known as soon as they are said: there is nothing to wait for. */
export async function syncWithGc({ reply }: Call): Promise<undefined> {
  reply.number(1);
  return undefined;
}

export async function findRoots({ daemon, reply }: Call): Promise<undefined> {
  reply.list(await rootsOf(daemon), ({ link, path }) => {
    reply.text(link);
    writePath(reply, daemon.storeDir, path);
  });
  return undefined;
}

const ACTIONS = ["live", "dead", "delete-dead", "delete-specific"] as const;

/** Says what lives, or forgets what does not. Contents go when the store needs the room. */
export async function collectGarbage(call: Call): Promise<undefined> {
  const { reader, daemon, session, reply } = call;
  const { storeDir, store } = daemon;
  const action = ACTIONS[await reader.number("action", ACTIONS.length - 1)]!;
  const later = await readStorePaths(reader, storeDir);
  const ignoreLiveness = await reader.bool("ignore liveness");
  const maxFreedBytes = await reader.amount("max freed");
  for (const what of ["obsolete", "obsolete", "obsolete"]) await reader.big(what);
  if (ignoreLiveness) throw new StatusError(Code.PermissionDenied, "you are not allowed to ignore liveness");
  const deletes = action === "delete-dead" || action === "delete-specific";
  if (deletes && !session.isTrusted && action === "delete-specific")
    throw new StatusError(Code.PermissionDenied, "you are not privileged to delete paths of others");
  const live = await livePaths(daemon);
  let paths: StorePath[];
  let freedBytes = 0;
  if (action === "live") paths = [...live];
  else {
    const only = action === "delete-specific" ? later() : undefined;
    for (const path of only ?? [])
      if (live.has(path))
        throw new StatusError(
          Code.FailedPrecondition,
          `Cannot delete path '${storeDir}/${path}' since it is still alive. To find out why, use: nix-store --query --roots`,
        );
    const dead = await deadPaths(daemon, live, { only, maxBytes: deletes ? maxFreedBytes : Number.MAX_SAFE_INTEGER });
    paths = dead.map(({ path }) => path);
    if (deletes) {
      freedBytes = dead.reduce((sum, { narSizeBytes }) => sum + narSizeBytes, 0);
      await store.pathInfos.forget(paths);
      await daemon.files?.hide(paths);
    }
  }
  writePaths(reply, storeDir, paths);
  reply.number(freedBytes).number(0);
  return undefined;
}
