import { copyClosure, type CopyEvent, type PathDestination, type PathSource } from "@causeway/bridge/nix";
import { Code, StatusError } from "@causeway/bridge/status";
import {
  openRemoteDestination,
  openRemoteSource,
  openStateDestination,
  openStateSource,
  type PlaceOptions,
} from "../compose/copy/open-places.js";
import { loadSettings, type SettingOptions } from "../compose/settings.js";
import { logicalStoreDir, storePathFrom, type StateOptions } from "../compose/state.js";
import { interruptible } from "../interrupt.js";
import { createCopyView } from "../view/create-copy-view.js";

/** What its command line says. */
export interface CopyCommandOptions extends StateOptions, SettingOptions {
  /** Where the paths are; our state if left out. */
  readonly from?: string;
  /** Where they go; our state if left out. */
  readonly to?: string;
  /** Commander's name for `--no-check-sigs`. */
  readonly checkSigs: boolean;
  readonly substituteOnDestination?: boolean;
}

/** Archives at once: packing and hashing are the work of one processor, and what is far away makes wait. */
const TRANSFERS_MAX = 8;

/** `causeway copy`: paths with all they refer to, from one place to another. */
export async function copy(texts: readonly string[], options: CopyCommandOptions): Promise<void> {
  const { from, to } = options;
  if (from === undefined && to === undefined)
    throw new StatusError(Code.InvalidArgument, "say where to copy: --to URL, --from URL, or both");
  const storeDir = logicalStoreDir(process.env);
  const settings = loadSettings(options, process.env);
  const roots = texts.map((text) => storePathFrom(storeDir, text).path);
  const view = createCopyView(process.stderr, { storeDir });
  const places: PlaceOptions = {
    settings,
    storeDir,
    environment: process.env,
    checkSignatures: options.checkSigs && settings.substitution.requireSignatures,
    substituteOnDestination: options.substituteOnDestination === true,
    onLine: (line) => view.message(line),
  };
  await interruptible(async (signal) => {
    await using source: PathSource =
      from === undefined ? await openStateSource(options) : openRemoteSource(from, places);
    await using destination: PathDestination =
      to === undefined ? await openStateDestination(options, places) : openRemoteDestination(to, places);
    const onEvent = (event: CopyEvent): void => view.tell(event, source.uri, destination.uri);
    try {
      await copyClosure(roots, {
        from: source,
        to: destination,
        storeDir,
        transfersMax: TRANSFERS_MAX,
        signal,
        onEvent,
      });
    } finally {
      view.close();
    }
  });
}
