/**
 * The index of the first item for which something holds, in a list where it holds for all items after the first such; the number of items
 * when it holds for none. It looks at a few items only, however many there are.
 */
export function firstIndex<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let from = 0;
  let to = items.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) to = middle;
    else from = middle + 1;
  }
  return from;
}
