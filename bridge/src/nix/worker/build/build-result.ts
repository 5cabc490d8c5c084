import { BuildStatus } from "../../../coordinator/index.js";
import type { StorePath } from "../../../formats/index.js";
import { REALISATION_WITH_PATH } from "../protocol.js";
import type { Session } from "../session.js";
import { realisationJson } from "../../realisations.js";
import type { WireWriter } from "../wire/writer.js";

/** How one request ended, as it is sent. */
export interface WireBuildResult {
  readonly status: BuildStatus;
  readonly errorText: string;
  readonly timesBuilt: number;
  /** Milliseconds since the epoch; 0: nothing was run. */
  readonly startMs: number;
  readonly stopMs: number;
  /** Those that were wanted, with their hash: what clients before 2.35 know them by. */
  readonly outputs: readonly { readonly name: string; readonly path: StorePath; readonly hash: string }[];
}

export function writeBuildResult(
  writer: WireWriter,
  { minor, features }: Session,
  storeDir: string,
  result: WireBuildResult,
): void {
  writer.number(wireStatus(result.status)).text(result.errorText);
  if (minor >= 29) {
    const isNonDeterministic = result.status === BuildStatus.NotDeterministic;
    writer.number(result.timesBuilt).bool(isNonDeterministic);
    writer.number(Math.floor(result.startMs / 1000)).number(Math.floor(result.stopMs / 1000));
  }
  if (minor >= 37) writer.number(0).number(0); // Times of the processor are not known.
  if (minor < 28) return;
  const withPath = features.has(REALISATION_WITH_PATH);
  writer.list(result.outputs, ({ name, path, hash }) =>
    withPath
      ? writer.text(name).text(`${storeDir}/${path}`).number(0)
      : writer.text(`sha256:${hash}!${name}`).text(realisationJson(`sha256:${hash}!${name}`, path)),
  );
}

/** Some of ours are not on the wire. A number that a client does not know ends it. */
function wireStatus(status: BuildStatus): number {
  if (status === BuildStatus.HashMismatch) return BuildStatus.OutputRejected;
  return status === BuildStatus.Cancelled ? BuildStatus.MiscFailure : status;
}
