import type { DerivationSource } from "../../coordinator/index.js";
import { Code, hasCode, StatusError } from "../../status/index.js";
import type { StorePath } from "../../formats/index.js";
import type { Substituter } from "./substituter.js";
import type { SubstitutionListener } from "./substitution-listener.js";

/**
 * A source that fetches what another one does not have: derivations, and what they name as sources.
 *
 * @param onEvent is told of what is fetched; several builds may wait for it.
 */
export function withSubstitution(
  source: DerivationSource,
  substituter: Substituter,
  onEvent: SubstitutionListener = () => undefined,
): DerivationSource {
  /** @throws `absence` if no cache has it. */
  async function fetch(path: StorePath, absence: unknown, signal: AbortSignal | undefined): Promise<void> {
    const end = await substituter.substitute(path, { onEvent, ...(signal !== undefined && { signal }) });
    if (end.type === "failed") throw new StatusError(Code.NotFound, end.message, { cause: absence });
    if (end.type === "absent") throw absence;
  }
  return {
    async load(drvPath) {
      try {
        return await source.load(drvPath);
      } catch (absence) {
        if (!hasCode(absence, Code.NotFound)) throw absence;
        await fetch(drvPath, absence, undefined);
        return await source.load(drvPath);
      }
    },
    async ensureValid(path, signal) {
      try {
        await source.ensureValid(path, signal);
      } catch (absence) {
        if (!hasCode(absence, Code.NotFound)) throw absence;
        await fetch(path, absence, signal);
      }
    },
  };
}
