import { readdirSync } from "node:fs";
import { join } from "node:path";
import { byteStringOf } from "@causeway/bridge/formats";
import { removeTree } from "../inputs/remove-tree.js";
import { makeReachable } from "./reachable.js";
import { findRuntime, type Runtime } from "./runtimes.js";
import { makeSlot, type Slot } from "./slot.js";
import type { BundleParts } from "./write-bundle.js";

/** The slots of an executor, made when they are first needed, and what all of them share. */
export interface SlotPlaces extends AsyncDisposable, Pick<BundleParts, "nameOf"> {
  /** @throws StatusError FailedPrecondition, with what to do about it, if this machine cannot run containers. */
  at(index: number): Promise<Slot>;
}

/**
 * Prepares for slots below a work directory, without starting anything.
 *
 * @param reached directories whose contents sandboxes use, the work directory among them.
 */
export function createSlotPlaces(
  workDirectory: string,
  reached: readonly string[],
  given: Runtime | undefined,
): SlotPlaces {
  const reachable = makeReachable(reached);
  const slots = new Map<number, Promise<Slot>>();
  let runtime = given;

  async function make(index: number): Promise<Slot> {
    const used = (runtime ??= await findRuntime());
    return makeSlot(workDirectory, index, used, reachable.aliases);
  }

  return {
    nameOf: (path) => reachable.nameOf(path),
    async at(index) {
      const known = await slots.get(index)?.catch(() => undefined); // What failed may have been mended meanwhile.
      if (known?.shell.ended === false) return known;
      const made = make(index);
      slots.set(index, made);
      return made;
    },
    async [Symbol.asyncDispose]() {
      for (const slot of await Promise.allSettled(slots.values()))
        if (slot.status === "fulfilled") await slot.value.shell[Symbol.asyncDispose]();
      for (const name of readdirSync(workDirectory)) await removeTree(byteStringOf(join(workDirectory, name)));
      reachable[Symbol.dispose]();
    },
  };
}
