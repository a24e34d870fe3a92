/**
 * Builds an object in one go: fields that are `undefined` are left out, so that what travels is plain JSON and
 * `exactOptionalPropertyTypes` holds. Only optional fields may be undefined; the compiler checks the names.
 */
export function compact<T extends object>(fields: Gappy<T>): T {
  // The entries that are dropped are optional in T, which is what makes this true.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

type Gappy<T> = { [K in keyof T]: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K] };
