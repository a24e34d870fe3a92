/**
 * Builds an object whose undefined fields are left out, as plain JSON and `exactOptionalPropertyTypes` want it. Null and '' stay.
 * Name the type (`compact<PaymentFact>({ … })`): the compiler then checks the fields, and lets only optional ones be undefined.
 */
export function compact<T extends object>(fields: MaybeUndefined<T>): T {
  const stated: Partial<MaybeUndefined<T>> = {};
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] !== undefined) stated[name] = fields[name];
  return stated as T; // the fields that are dropped are optional in T
}

/** The type's fields, of which the optional ones may also be undefined. */
type MaybeUndefined<T> = { [K in keyof T]: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K] };
