export { outputSubstituter } from "./output-substituter.js";
export { openSubstituter, type OpenSubstituterOptions } from "./open-substituter.js";
export type * from "./substituter.js";
export type { SubstitutionListener } from "./substitution-listener.js";
export { withSubstitution } from "./with-substitution.js";
