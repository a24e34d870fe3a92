/** Nothing of ours may break the page: what throws here is swallowed here. */

export function guarded<A extends unknown[], R>(does: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return does(...args);
    } catch {
      // As if it had not been called.
    }
    return undefined;
  };
}

/** Before the page's own listeners, which may stop an event on its way. */
export function on<E extends Event>(type: string, does: (event: E) => unknown): void {
  addEventListener(type, guarded(does) as (event: Event) => void, true);
}

/** Runs what it is given one after another. What fails comes to nothing, and the next goes on. */
export function line(): <T>(step: () => Promise<T>) => Promise<T | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(step: () => Promise<T>) => {
    const done = last.then(step).catch(() => undefined);
    last = done;
    return done;
  };
}
