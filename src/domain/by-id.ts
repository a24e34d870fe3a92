/**
 * Entries by an id that somebody else chose. An id may be `constructor` or `__proto__`: it is a key like any other here, and what every
 * object inherits is no entry.
 */
export type ById<T> = Readonly<Record<string, T>>;

/** The entry with this id; undefined when there is none. */
export function entryOf<T>(entries: ById<T>, id: string): T | undefined {
  return Object.hasOwn(entries, id) ? entries[id] : undefined;
}

/** The entries with this one in place of the one with its id. */
export function withEntry<T>(entries: ById<T>, id: string, entry: T): ById<T> {
  if (!drafts.has(entries)) return { ...entries, [id]: entry };
  if (Object.hasOwn(entries, id) || !(id in entries)) {
    (entries as Record<string, T>)[id] = entry;
    return entries;
  }
  // An assignment to `__proto__` would set the prototype, and one to what is inherited from a frozen prototype would fail.
  return Object.defineProperty(entries, id, { value: entry, enumerable: true, writable: true, configurable: true });
}

/** The entries without the one with this id. */
export function withoutEntry<T>(entries: ById<T>, id: string): ById<T> {
  if (!drafts.has(entries)) return Object.fromEntries(Object.entries(entries).filter(([other]) => other !== id));
  delete (entries as Record<string, T>)[id];
  return entries;
}

/**
 * A copy for many changes: `withEntry` and `withoutEntry` change it in place until it is `finished`, so that a change costs the same
 * whatever the number of entries. Whoever drafts must not keep what a step before was given.
 */
export function draftOf<T>(entries: ById<T>): ById<T> {
  const draft = { ...entries };
  drafts.add(draft);
  return draft;
}

/** Ends a draft: from now on it never changes. */
export function finished<T>(draft: ById<T>): ById<T> {
  drafts.delete(draft);
  return draft;
}

const drafts = new WeakSet<object>();
