import { StatusError } from "../../../status/index.js";
import type { SubstitutionEvent } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import { quietly, type SubstituteEnd, type Substituter, type SubstitutionListener } from "../../substitute/index.js";
import { createCopyActivities } from "../build/copy-activities.js";
import type { Call } from "../call.js";

/** What fetches for this client; nothing if it does not want that. */
export function substituterOf({ daemon, session }: Call): Substituter | undefined {
  return session.settings.substitute === false ? undefined : daemon.substituter;
}

/** Tells a client what goes wrong while caches are asked, each thing once. */
export function warningsTo({ channel }: Call): SubstitutionListener {
  return quietly((event) => {
    if (event.type === "warning") channel.warn(event.message);
  });
}

/**
 * Fetches those of these paths that are not valid, where there is somebody to fetch them from.
 *
 * @returns how it ended for each that was not valid.
 */
export async function substituteMissing(
  call: Call,
  paths: readonly StorePath[],
): Promise<ReadonlyMap<StorePath, SubstituteEnd>> {
  const substituter = substituterOf(call);
  const ends = new Map<StorePath, SubstituteEnd>();
  if (substituter === undefined || paths.length === 0) return ends;
  const { store, storeDir } = call.daemon;
  const infos = await store.pathInfos.getMany(paths);
  const missing = paths.filter((_, i) => infos[i] === undefined);
  if (missing.length === 0) return ends;
  const activities = createCopyActivities(call.channel, storeDir);
  try {
    await call.cancellable(async (signal) => {
      const options = { signal, onEvent: (event: SubstitutionEvent) => activities.tell(event) };
      await Promise.all(missing.map(async (path) => ends.set(path, await substituter.substitute(path, options))));
    });
  } catch (reason) {
    throw StatusError.from(reason); // The client is gone.
  } finally {
    activities.close();
  }
  return ends;
}
