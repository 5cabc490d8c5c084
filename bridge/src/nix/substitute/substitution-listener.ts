import type { SubstitutionEvent } from "../../coordinator/index.js";

/** Is told what happens while paths are fetched. */
export type SubstitutionListener = (event: SubstitutionEvent) => void;
