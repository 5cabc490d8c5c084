import { hashPartOf, type NarInfo, type StorePath } from "../../../formats/index.js";
import type { Clock } from "../../../store/index.js";

/** What a cache has said of paths, for as long as that may be believed. */
export interface NarInfoMemo {
  /** `null`: it said that it does not have the path. `undefined`: it has not been asked. */
  get(path: StorePath): NarInfo | null | undefined;
  put(path: StorePath, info: NarInfo | null): void;
  forget(path: StorePath): void;
}

/** How long answers count. */
export interface MemoOptions {
  readonly clock: Clock;
  readonly positiveTtlMs: number;
  readonly negativeTtlMs: number;
}

/** The closures of some systems; an answer takes some hundred bytes. */
const ENTRIES_MAX = 100_000;
/** Of references, which are what makes an answer large: 64 MiB of hash parts and names. */
const REFERENCES_MAX = 1_000_000;

/** A memo in memory, which forgets what was not asked for longest. */
export function createNarInfoMemo({ clock, positiveTtlMs, negativeTtlMs }: MemoOptions): NarInfoMemo {
  const entries = new Map<string, { readonly info: NarInfo | null; readonly untilMs: number }>();
  let references = 0;
  function remove(key: string): void {
    references -= entries.get(key)?.info?.references.length ?? 0;
    entries.delete(key);
  }
  return {
    get(path) {
      const key = hashPartOf(path);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.untilMs <= clock.nowMs()) {
        references -= entry.info?.references.length ?? 0;
        return undefined;
      }
      entries.set(key, entry);
      return entry.info;
    },
    put(path, info) {
      const key = hashPartOf(path);
      remove(key);
      entries.set(key, { info, untilMs: clock.nowMs() + (info === null ? negativeTtlMs : positiveTtlMs) });
      references += info?.references.length ?? 0;
      for (const oldest of entries.keys()) {
        if (entries.size <= ENTRIES_MAX && references <= REFERENCES_MAX) break;
        remove(oldest);
      }
    },
    forget: (path) => remove(hashPartOf(path)),
  };
}
