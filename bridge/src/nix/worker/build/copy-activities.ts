import type { SubstitutionEvent } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import { quietly } from "../../substitute/index.js";
import type { ActivityId, ClientChannel } from "../client-channel.js";
import { ActivityType, ResultType, Verbosity } from "../protocol.js";

/** Shows a client what is fetched for it, as Nix's own daemon does. */
export interface CopyActivities {
  tell(event: SubstitutionEvent): void;
  close(): void;
}

interface Copy {
  readonly substitute: ActivityId;
  readonly copy: ActivityId;
  readonly from: string;
  readonly narSizeBytes: number;
}

/** @param overall the activity of all copies, if there is one already. */
export function createCopyActivities(channel: ClientChannel, storeDir: string, overall?: ActivityId): CopyActivities {
  const own = overall === undefined ? channel.start({ type: ActivityType.CopyPaths, text: "" }) : undefined;
  const copies = overall ?? own!;
  const running = new Map<StorePath, Copy>();
  let started = 0;
  let done = 0;
  const count = (): void => channel.result(copies, ResultType.Progress, [done, started, running.size, 0]);
  const stop = (path: StorePath): void => {
    const copy = running.get(path);
    if (copy === undefined) return;
    running.delete(path);
    done++;
    channel.stop(copy.copy);
    channel.stop(copy.substitute);
    count();
  };
  return {
    tell: quietly((event) => {
      switch (event.type) {
        case "copying": {
          // Two derivations may wait for the same path: then each tells of it.
          if (running.get(event.path)?.from === event.from) break;
          stop(event.path); // Another cache failed to give it.
          const full = `${storeDir}/${event.path}`;
          const substitute = channel.start({ type: ActivityType.Substitute, text: "", fields: [full, event.from] });
          const copy = channel.start({
            type: ActivityType.CopyPath,
            text: `copying path '${full}' from '${event.from}'`,
            level: Verbosity.Info,
            fields: [full, event.from, "local"],
            parent: substitute,
          });
          running.set(event.path, { substitute, copy, from: event.from, narSizeBytes: event.narSizeBytes });
          started++;
          count();
          break;
        }
        case "received": {
          const copy = running.get(event.path);
          if (copy === undefined) break;
          channel.result(copy.copy, ResultType.Progress, [event.receivedBytes, copy.narSizeBytes, 0, 0]);
          break;
        }
        case "copied":
          stop(event.path);
          break;
        case "warning":
          channel.warn(event.message);
      }
    }),
    close() {
      for (const path of [...running.keys()]) stop(path);
      if (own !== undefined) channel.stop(own);
    },
  };
}
