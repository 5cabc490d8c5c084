import type { StorePath } from "../../formats/index.js";

/**
 * Paths with each after those it refers to, among these.
 *
 * @returns `undefined` if they refer to each other in a circle, which only forged descriptions do.
 */
export function inReferenceOrder(references: ReadonlyMap<StorePath, readonly StorePath[]>): StorePath[] | undefined {
  const order: StorePath[] = [];
  const states = new Map<StorePath, "open" | "done">();
  for (const root of references.keys()) {
    // A stack of our own: a chain of references may be longer than that of the machine.
    const stack = [{ path: root, next: 0 }];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const { path } = frame;
      if (frame.next === 0) {
        if (states.get(path) === "done") {
          stack.pop();
          continue;
        }
        states.set(path, "open");
      }
      const reference = references.get(path)![frame.next++];
      if (reference === undefined) {
        states.set(path, "done");
        order.push(path);
        stack.pop();
      } else if (reference !== path && references.has(reference)) {
        const state = states.get(reference);
        if (state === "open") return undefined;
        if (state === undefined) stack.push({ path: reference, next: 0 });
      }
    }
  }
  return order;
}
