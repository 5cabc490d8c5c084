import type { SubstitutionEvent } from "../../coordinator/index.js";

/** Is told what happens while paths are fetched. */
export type SubstitutionListener = (event: SubstitutionEvent) => void;

/** Something that went wrong, as an event. */
export const warning = (message: string): SubstitutionEvent => ({ type: "warning", message });

/** A listener that is not told the same warning twice: a thousand paths may meet the same dead cache. */
export function quietly(listener: SubstitutionListener = () => undefined): SubstitutionListener {
  const told = new Set<string>();
  return (event) => {
    if (event.type === "warning") {
      if (told.has(event.message)) return;
      told.add(event.message);
    }
    listener(event);
  };
}
