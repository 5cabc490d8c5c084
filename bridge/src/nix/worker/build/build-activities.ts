import type { ProgressEvent } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import type { ActivityId, ClientChannel } from "../client-channel.js";
import { createCopyActivities } from "./copy-activities.js";
import { ActivityType, ResultType, Verbosity } from "../protocol.js";

/** Shows a client what its build does, as Nix's own daemon does. */
export interface BuildActivities {
  tell(event: ProgressEvent): void;
  close(): void;
}

/**
 * @param requested what the client asked for: how that ended it is told by the answer, and not before.
 */
export function createBuildActivities(
  channel: ClientChannel,
  storeDir: string,
  requested: ReadonlySet<StorePath>,
): BuildActivities {
  const overall = [ActivityType.Realise, ActivityType.Builds, ActivityType.CopyPaths].map((type) =>
    channel.start({ type, text: "" }),
  );
  const builds = overall[1]!;
  const copies = createCopyActivities(channel, storeDir, overall[2]);
  const running = new Map<StorePath, ActivityId>();
  const activityOf = (drvPath: StorePath): ActivityId => {
    const known = running.get(drvPath);
    if (known !== undefined) return known;
    const full = `${storeDir}/${drvPath}`;
    const started = channel.start({
      type: ActivityType.Build,
      text: `building '${full}'`,
      level: Verbosity.Info,
      // Which machine it is on is not known; the first of one round.
      fields: [full, "", 1, 1],
    });
    running.set(drvPath, started);
    return started;
  };
  const stop = (drvPath: StorePath): void => {
    const activity = running.get(drvPath);
    if (activity === undefined) return;
    running.delete(drvPath);
    channel.stop(activity);
  };
  return {
    tell(event) {
      if (event.type === "counts") {
        channel.result(builds, ResultType.Progress, [event.done, event.expected, event.running, event.failed]);
        return;
      }
      const { drvPath } = event;
      switch (event.type) {
        case "stage":
          if (event.stage === "executing") activityOf(drvPath);
          break;
        case "log":
          channel.result(activityOf(drvPath), ResultType.BuildLogLine, [event.line]);
          break;
        case "phase":
          channel.result(activityOf(drvPath), ResultType.SetPhase, [event.phase]);
          break;
        case "substitution":
          copies.tell(event.event);
          break;
        case "warning":
          channel.warn(event.message);
          break;
        case "note":
          channel.say(`note: ${event.message}\n`);
          break;
        case "retrying":
          channel.warn(
            `'${storeDir}/${drvPath}' is tried again in ${Math.ceil(event.afterMs / 1000)} s: ${event.reason}`,
          );
          break;
        case "finished":
          stop(drvPath);
          if (event.errorText !== undefined && !requested.has(drvPath)) channel.sayError(nixText(event.errorText));
          break;
        case "discovered":
        case "queued":
        case "started":
          break;
      }
    },
    close() {
      copies.close();
      for (const drvPath of [...running.keys()]) stop(drvPath);
      for (const activity of overall.toReversed()) channel.stop(activity);
    },
  };
}

/** Who talks to us with Nix asks for logs with Nix. */
export function nixText(message: string): string {
  return message.replace(/^For full logs, run 'causeway log (\S+)'\.$/m, "For full logs, run 'nix log $1'.");
}
