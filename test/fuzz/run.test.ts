import fc from 'fast-check';
import { growthFault } from './growth';
import { changedAt, jsonOf, mutated, raw } from './mutations';
import { fuzz, inputOf, target, Undocumented } from './run';

const numbers = target<number>({
  name: 'numbers',
  inputs: fc.noBias(fc.nat({ max: 999 })),
  size: () => 1,
  handle(n) {
    if (n % 100 === 7) throw new Undocumented('a seven');
    if (n === 500) throw new TypeError('a bug');
    return n % 2 === 0 ? 'even' : 'odd';
  },
});

describe('a run', () => {
  it('counts outcomes, and keeps each failure once, with its number and whether it is known', async () => {
    const knownFault = (_: string, message: string) => (message === 'a seven' ? 'F7' : null);
    const tally = await fuzz(numbers, { seed: 1, inputs: 3_000, knownFault });
    const { even = 0, odd = 0, undocumented = 0, crash = 0 } = tally.outcomes;
    expect(even + odd + undocumented + crash).toBe(3_000);
    expect(tally.failures.map(({ known }) => known).sort()).toEqual(['F7', null]);
    const seven = tally.failures.find(({ known }) => known === 'F7')!;
    expect(seven.again + 1).toBe(undocumented);
    expect(inputOf(numbers, 1, seven.number) % 100).toBe(7);
  });

  it('has each input again by seed and number, also from the middle of a run', async () => {
    const seen: number[] = [];
    const watched = { ...numbers, handle: (n: number) => String(seen.push(n)) };
    await fuzz(watched, { seed: 3, inputs: 600 });
    const again: number[] = [];
    await fuzz({ ...numbers, handle: (n: number) => String(again.push(n)) }, { seed: 3, from: 290, inputs: 40 });
    expect(again).toEqual(seen.slice(290, 330));
    expect(inputOf(numbers, 3, 599)).toBe(seen[599]);
    expect(inputOf(numbers, 4, 599)).not.toBe(seen[599]);
  });
});

describe('growth', () => {
  const list = (bytes: number): string => JSON.stringify(Array.from({ length: bytes / 2 }, () => 1));

  it('is a fault where it is quadratic', () => {
    const quadratic = (text: string): void => {
      const until = performance.now() + 4.2 * (text.length / 1_000) ** 2;
      while (performance.now() < until);
    };
    // A busy machine can hide it once.
    const found = (attempt: number): string | null =>
      growthFault((bytes) => list(bytes / 32), quadratic) ?? (attempt < 5 ? found(attempt + 1) : null);
    expect(found(1)).toMatch(/power|times as long/);
  });

  it('is none where it is linear', () => {
    expect(growthFault(list, (text) => JSON.parse(text) as unknown)).toBeNull();
  });
});

describe('a mutation', () => {
  const at = { at: 1, other: 2, value: 'x' };

  it('makes bodies that no object can be: keys twice, numbers beyond all, prototypes as members', () => {
    expect(jsonOf({ a: raw('1e400') })).toBe('{"a":1e400}');
    expect(jsonOf(mutated({ a: 1, b: 2 }, [{ kind: 'twice', ...at }]))).toBe('{"a":1,"a":"x","b":2}');
    const own = JSON.parse(jsonOf(mutated({ a: 1 }, [{ kind: 'rename', ...at, value: '__proto__' }]))) as object;
    expect(Object.hasOwn(own, '__proto__')).toBe(true);
  });

  it('changes one place, and leaves the body that it was given', () => {
    const body = { a: { b: [1, 2] } };
    expect(changedAt(body, 4, () => 'x')).toEqual({ a: { b: [1, 'x'] } });
    expect(body).toEqual({ a: { b: [1, 2] } });
  });
});
