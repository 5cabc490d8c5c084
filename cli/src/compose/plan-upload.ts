import type { BuildSettings } from "@causeway/bridge/config";
import {
  byteStringOf,
  parseStorePath,
  printStorePath,
  type Derivation,
  type StorePath,
} from "@causeway/bridge/formats";
import { translatorFor, type BuildPlace } from "./coordinator.js";
import type { OpenState } from "./state.js";

/** What a cluster lacks. */
export interface UploadPlan {
  readonly blobs: number;
  readonly sizeBytes: number;
}

/** No derivation has these: nothing with them is ever run. */
const DRV_PATH = parseStorePath(`${"0".repeat(32)}-dry-run.drv`);
const OUT = parseStorePath(`${"0".repeat(32)}-dry-run`);

/**
 * What of these paths, with all they refer to, would have to be sent before builds can use them: as if one derivation had all of them for
 * inputs. The Action and the Command of each real one come on top.
 *
 * @param paths valid here.
 */
export async function planUpload(
  state: OpenState,
  settings: BuildSettings,
  place: BuildPlace,
  paths: ReadonlySet<StorePath>,
  signal: AbortSignal,
): Promise<UploadPlan | undefined> {
  if (place.plan === undefined) return undefined;
  const { storeDir } = state;
  const system = settings.systems[0]!;
  const derivation: Derivation = {
    outputs: new Map([["out", { type: "input-addressed", path: OUT }]]),
    inputDrvs: new Map(),
    inputSrcs: [...paths],
    platform: byteStringOf(system),
    builder: byteStringOf("/bin/sh"),
    args: [],
    env: new Map([[byteStringOf("out"), byteStringOf(printStorePath(storeDir, OUT))]]),
  };
  const translator = await translatorFor(state, settings, place);
  const prepared = await translator.prepare({ drvPath: DRV_PATH, derivation, inputs: new Map() }, { signal });
  if (prepared.kind !== "action") return undefined;
  const missing = await place.plan(prepared.actionDigest, signal);
  return { blobs: missing.length, sizeBytes: missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}
