import { setFlagsFromString } from "node:v8";

/** In percent of the young generation. At 5 a server of small blobs spends a sixth of its time on it, and at 25 a large stream none the more. */
const MINOR_COLLECTION_AT_PERCENT = 25;

/**
 * By how much the heap, and what lies outside of it for it, may grow between two looks at the whole: V8's own choice is several times of what is alive, and
 * what 50 vanished clients leave is looked at when many more have come. A server keeps few objects, and a look takes milliseconds.
 */
const GROWTH_PERCENT = 30;

/**
 * Fits V8 to a server through which large streams go. Their pieces lie outside of its heap, and there are few objects beside them: left alone, it
 * looks at the whole heap after each 64 MB that went by, which takes half of the time once there is something in it, and at the young generation
 * (where all those pieces are, and which is a hundredth of the work) hardly ever.
 */
export function tuneMemory(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  setFlagsFromString(`--heap-growing-percent=${String(GROWTH_PERCENT)}`);
  setFlagsFromString(`--minor-gc-task-trigger=${String(MINOR_COLLECTION_AT_PERCENT)}`);
}
