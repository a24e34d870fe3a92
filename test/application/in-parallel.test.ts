import { inParallel } from '../../src/application/in-parallel';

/** Work that goes on until it is told to end. */
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
    end: (item: number) => (ends.get(item)?.end(), passing()),
    fail: (item: number, error: Error) => (ends.get(item)?.fail(error), passing()),
  };
}

it('does everything in order, never more than so much at a time', async () => {
  const { begun, work, end } = workshop();
  const all = inParallel([1, 2, 3, 4], 2, work);
  expect(begun).toEqual([1, 2]);
  await end(2);
  expect(begun).toEqual([1, 2, 3]);
  await end(3);
  expect(begun).toEqual([1, 2, 3, 4]);
  await end(4);
  await end(1);
  await expect(all).resolves.toBeUndefined();
});

it('begins nothing new after a failure, and tells it', async () => {
  const { begun, work, end, fail } = workshop();
  const all = inParallel([1, 2, 3, 4], 2, work);
  all.catch(() => undefined); // looked at below
  await fail(1, new Error('no'));
  await end(2);
  expect(begun).toEqual([1, 2]);
  await expect(all).rejects.toThrow('no');
});

it('has nothing to do', async () => {
  await expect(inParallel([], 3, () => Promise.reject(new Error('no')))).resolves.toBeUndefined();
});
