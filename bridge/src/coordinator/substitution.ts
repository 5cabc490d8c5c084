import type { StorePath } from "../formats/store-path/store-path.js";

/** What happens while paths are fetched that others have built. */
export type SubstitutionEvent =
  | { readonly type: "copying"; readonly path: StorePath; readonly from: string; readonly narSizeBytes: number }
  /** So much of its archive has come. */
  | { readonly type: "received"; readonly path: StorePath; readonly receivedBytes: number }
  /** It is valid now, or could not be had from there. */
  | { readonly type: "copied"; readonly path: StorePath }
  /** Something that went wrong, and may be made good by another place or a build. */
  | { readonly type: "warning"; readonly message: string };

/** Fetches outputs instead of having them built. */
export interface OutputSubstituter {
  /** Whether also those are fetched whose derivation says `allowSubstitutes = false`: that building them is cheaper. */
  readonly always: boolean;
  /**
   * Makes a path valid with its closure, if somebody has it. What goes wrong is told, and not thrown: then it is built.
   *
   * @returns whether it is valid.
   * @throws what `signal` was aborted with.
   */
  fetch(
    path: StorePath,
    options: { readonly signal: AbortSignal; readonly onEvent: (event: SubstitutionEvent) => void },
  ): Promise<boolean>;
}
