import { inParallel } from '../../src/application/in-parallel';

/** Work that goes on until the test ends it. */
function workshop() {
  const begun: number[] = [];
  const ends = new Map<number, { end: () => void; fail: (error: Error) => void }>();
  const work = (item: number): Promise<void> => {
    begun.push(item);
    return new Promise((resolve, reject) => ends.set(item, { end: resolve, fail: reject }));
  };
  const passing = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    work,
    passing,
    end: (item: number) => (ends.get(item)?.end(), passing()),
    fail: (item: number, error: Error) => (ends.get(item)?.fail(error), passing()),
  };
}

it('works on all items in order, at most two at a time', async () => {
  const { begun, work, passing, end } = workshop();
  const all = inParallel([1, 2, 3, 4], 2, work);
  await passing();
  expect(begun).toEqual([1, 2]);
  await end(2);
  expect(begun).toEqual([1, 2, 3]);
  await end(3);
  expect(begun).toEqual([1, 2, 3, 4]);
  await end(4);
  await end(1);
  await expect(all).resolves.toBeUndefined();
});

it('starts no new item after a failure, and rejects with it', async () => {
  const { begun, work, passing, end, fail } = workshop();
  const all = inParallel([1, 2, 3, 4], 2, work);
  await passing();
  all.catch(() => undefined); // looked at below
  await fail(1, new Error('no'));
  await end(2);
  expect(begun).toEqual([1, 2]);
  await expect(all).rejects.toThrow('no');
});

it('resolves at once without items', async () => {
  await expect(inParallel([], 3, () => Promise.reject(new Error('no')))).resolves.toBeUndefined();
});

it('takes the items of an async iterable', async () => {
  const done: number[] = [];
  async function* items() {
    for (let item = 1; item <= 5; item += 1) yield item;
  }
  await inParallel(items(), 2, async (item) => void done.push(item));
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
});
