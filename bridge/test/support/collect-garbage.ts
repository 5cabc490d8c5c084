import { setImmediate as soon } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Frees what nothing refers to any more, so that a `WeakRef` tells whether something does. */
export async function collectGarbage(): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  // A WeakRef keeps its target for the job in which it was made or read.
  for (let round = 0; round < 2; round++) {
    await soon();
    collect();
  }
}
