/** Runs `work` for every item, at most `atMost` at a time. After a failure no new item starts; the first failure rejects the result. */
export async function inParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  atMost: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (let next = await source.next(); !next.done && !hasFailed; next = await source.next()) {
      try {
        await work(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atMost }, worker));
}
