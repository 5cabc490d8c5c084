// Breaks a rule on purpose: the executor may not know Nix, also not through the public door of the bridge.
import * as coordinator from "@causeway/bridge/coordinator";

export const bad = coordinator;
