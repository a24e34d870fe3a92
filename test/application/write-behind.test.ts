/** Writes that nobody waits for: together, bounded, and without an end of the process that a timer holds up. */
import { createWriteBehind } from '../../src/application/write-behind';

function written(fails = false) {
  const calls: [string, readonly number[]][] = [];
  const write = (integration: string, items: readonly number[]): Promise<void> => {
    calls.push([integration, items]);
    return fails ? Promise.reject(new Error('no database')) : Promise.resolve();
  };
  return { calls, write };
}

it('writes the first at once, and what comes in the pause together, each integration for itself', async () => {
  const { calls, write } = written();
  const notes = createWriteBehind(write, { pauseMs: 20 });
  notes.add('a', [1]);
  notes.add('a', [2]);
  notes.add('b', [3]);
  notes.add('a', [4, 5]);
  while (calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await notes.flush();
  expect(calls).toEqual([
    ['a', [1, 2, 4, 5]],
    ['b', [3]],
  ]);
  notes.add('a', [6]);
  expect(calls).toHaveLength(2);
  while (calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(calls.at(-1)).toEqual(['a', [6]]);
});

it('writes what is left when it is flushed, within the pause', async () => {
  const { calls, write } = written();
  const notes = createWriteBehind(write, { pauseMs: 60_000 });
  notes.add('a', [1]);
  await notes.flush();
  notes.add('a', [2]);
  expect(calls).toEqual([['a', [1]]]);
  await notes.flush();
  expect(calls).toEqual([
    ['a', [1]],
    ['a', [2]],
  ]);
});

it('keeps statements small, and loses what is too much while writes lag', async () => {
  const { calls, write } = written();
  const notes = createWriteBehind(write, { pauseMs: 60_000, atOnce: 2, atMost: 5 });
  notes.add('a', [0]);
  await notes.flush();
  notes.add('a', [1, 2, 3, 4]);
  notes.add('a', [5, 6, 7]);
  notes.add('a', [8]);
  await notes.flush();
  expect(calls.slice(1)).toEqual([
    ['a', [1, 2]],
    ['a', [3, 4]],
    ['a', [5]],
  ]);
});

it('lets what comes during a write wait for the pause after it', async () => {
  const calls: (readonly number[])[] = [];
  const notes = createWriteBehind<number>(
    async (_integration, items) => {
      calls.push(items);
      if (calls.length < 9) notes.add('a', [calls.length]);
    },
    { pauseMs: 60_000 },
  );
  notes.add('a', [0]);
  await notes.flush();
  // The write that `add` began, and the one that was asked for.
  expect(calls).toEqual([[0], [1]]);
  await notes.flush();
  expect(calls).toEqual([[0], [1], [2]]);
});

it('goes on after a write that failed', async () => {
  const { calls, write } = written(true);
  const notes = createWriteBehind(write, { pauseMs: 0 });
  notes.add('a', [1]);
  await notes.flush();
  notes.add('a', [2]);
  await notes.flush();
  expect(calls).toEqual([
    ['a', [1]],
    ['a', [2]],
  ]);
});
