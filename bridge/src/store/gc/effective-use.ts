import type { StoreCore } from "../store-core.js";
import { heldBy, nameOfItem, type Item, type ItemName } from "./store-items.js";

/** An item, and since when nobody needs it. */
export interface RankedItem {
  readonly item: Item;
  /** The latest use of the item and of everything that holds it, in seconds; infinite for what is pinned. */
  readonly effectiveUse: number;
  /** Rises from what is held to what holds it. */
  readonly rank: number;
}

/**
 * Finds for each item the latest use of anything that reaches it. Items are visited from the latest used on, and each gives its time to everything below
 * it that has none yet: so every item is visited once, whatever the sharing.
 *
 * @param pinned names of items that are in use for ever.
 * @returns the items in the order in which they may be removed: the longest unused first, and never something before what holds it.
 */
export async function rankItems(
  core: StoreCore,
  items: readonly Item[],
  pinned: ReadonlySet<ItemName>,
): Promise<RankedItem[]> {
  const byName = new Map<ItemName, Item>();
  for (const item of items) byName.set(nameOfItem(item.table, item.key), item);
  const useOf = (name: ItemName, item: Item): number => (pinned.has(name) ? Infinity : item.lastUse);
  const order = [...byName].sort(([a, left], [b, right]) => {
    const difference = useOf(b, right) - useOf(a, left);
    return Number.isNaN(difference) ? 0 : difference;
  });
  const ranked = new Map<ItemName, RankedItem>();
  const entered = new Set<ItemName>();
  for (const [root, rootItem] of order) {
    if (entered.has(root)) continue;
    entered.add(root);
    const effectiveUse = useOf(root, rootItem);
    const stack = [{ name: root, item: rootItem, held: await heldBy(core, rootItem), next: 0 }];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const name = frame.held[frame.next++];
      if (name === undefined) {
        stack.pop();
        ranked.set(frame.name, { item: frame.item, effectiveUse, rank: ranked.size });
        continue;
      }
      const item = byName.get(name);
      if (item === undefined || entered.has(name)) continue;
      entered.add(name);
      stack.push({ name, item, held: item.table === "blobs" ? [] : await heldBy(core, item), next: 0 });
    }
  }
  return [...ranked.values()].sort((a, b) => byTime(a.effectiveUse, b.effectiveUse) || b.rank - a.rank);
}

function byTime(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
