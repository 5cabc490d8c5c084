import type { Ended } from "./run-program.ts";
import type { ComparedInfo } from "./path-info.ts";

export interface BuildRequest {
  /** Store paths of derivations, e.g. `/nix/store/…-x.drv`; all outputs of each are built. */
  readonly derivations: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly keepGoing?: boolean;
  /** Build again and compare. */
  readonly check?: boolean;
  /** A program, with its arguments, that runs the builder: `time`, for example. */
  readonly through?: readonly string[];
}

/** One of the two programs that are compared, with a store of its own. */
export interface Builder {
  readonly name: string;
  /** Standard output holds the output paths, one a line. */
  build(request: BuildRequest): Promise<Ended>;
  /** What is known of those of `paths` that are valid. */
  pathInfos(paths: readonly string[]): Promise<Map<string, ComparedInfo>>;
}
