/** Errors of this script must not break the page: they are caught here. */

export function guarded<A extends unknown[], R>(does: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return does(...args);
    } catch {
      // The page must not see it.
    }
    return undefined;
  };
}

/** Listens in the capture phase, because the page's own listeners may stop the event. */
export function on<E extends Event>(type: string, does: (event: E) => unknown): void {
  addEventListener(type, guarded(does) as (event: Event) => void, true);
}

/** A queue that runs steps one after another. A failed step resolves to undefined, and the next one runs. */
export function line(): <T>(step: () => Promise<T>) => Promise<T | undefined> {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(step: () => Promise<T>) => {
    const done = last.then(step).catch(() => undefined);
    last = done;
    return done;
  };
}
