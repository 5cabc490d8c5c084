import type { StorePath } from "../formats/store-path/store-path.js";
import type { GoalNews } from "./event.js";
import type { BuildCounts } from "./state.js";
import type { SubstitutionEvent } from "./substitution.js";

/** What a build tells while it goes on, for whoever shows it. */
export type ProgressEvent =
  /** What a derivation did; see {@link GoalNews}. `path` may be a source when it is `finished` with a failure. */
  | (GoalNews & { readonly drvPath: StorePath })
  | {
      readonly type: "stage";
      readonly drvPath: StorePath;
      readonly stage: "preparing" | "cache-check" | "waiting" | "executing" | "registering";
    }
  /** One line of the builder's output, without its end. */
  | { readonly type: "log"; readonly drvPath: StorePath; readonly line: string }
  /** The builder says where it is, e.g. `buildPhase`. */
  | { readonly type: "phase"; readonly drvPath: StorePath; readonly phase: string }
  /** An output, or what it needs, is fetched instead of being built. */
  | { readonly type: "substitution"; readonly drvPath: StorePath; readonly event: SubstitutionEvent }
  /** Something went wrong that does not change the result. */
  | { readonly type: "warning"; readonly drvPath: StorePath; readonly message: string }
  /** Something that a person may want to know. */
  | { readonly type: "note"; readonly drvPath: StorePath; readonly message: string }
  | ({ readonly type: "counts" } & Readonly<BuildCounts>);
