import type { OutputSubstituter } from "../../coordinator/index.js";
import type { Substituter } from "./substituter.js";

/** What builds ask before they run. A cache that fails them is told of; then they run. */
export function outputSubstituter(substituter: Substituter, always: boolean): OutputSubstituter {
  return {
    always,
    async fetch(path, { signal, onEvent }) {
      const end = await substituter.substitute(path, { signal, onEvent });
      if (end.type === "failed") onEvent({ type: "warning", message: end.message });
      return end.type === "valid";
    },
  };
}
