/** Chance that a seed decides, so that a run can be played again. */

export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** By weight. */
  weighted<T>(items: readonly (readonly [T, number])[]): T;
  shuffled<T>(items: readonly T[]): readonly T[];
  /** A stream of its own: what is drawn from it moves no other. */
  fork(name: string): Random;
}

/** Mulberry32, from https://github.com/bryc/code/blob/master/jshash/PRNGs.md */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return {
    next,
    integer,
    chance: (share) => next() < share,
    pick,
    weighted(items) {
      let at = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) if ((at -= weight) < 0) return item;
      return pick(items)[0];
    },
    shuffled(items) {
      const left = [...items];
      return items.map(() => left.splice(integer(0, left.length - 1), 1)).flat();
    },
    fork: (name) =>
      random([...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193), seed ^ 0x811c9dc5)),
  };
}
