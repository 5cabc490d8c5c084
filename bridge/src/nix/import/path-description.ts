import type { PathInfo } from "../../store/index.js";

/** What somebody else says of a path, whose contents we do not have yet. */
export type PathDescription = Omit<PathInfo, "node" | "registrationTime" | "ultimate"> &
  Partial<Pick<PathInfo, "ultimate">>;
