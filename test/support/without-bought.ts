/** The value without what was bought, which test/psp/bought-fixtures.test.ts has for all providers. */
export function withoutBought<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutBought) as T; // the same items
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'bought');
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutBought<unknown>(member)])) as T; // the other members
}
