/**
 * True when two JSON values have the same content, `besides` some of their own keys. A key whose value is undefined counts as absent; the
 * order of keys does not matter.
 */
export function deepEqual(a: unknown, b: unknown, besides: readonly string[] = []): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  return (
    Object.keys(a).every((key) => besides.includes(key) || deepEqual(a[key], valueAt(b, key))) &&
    Object.keys(b).every((key) => besides.includes(key) || Object.hasOwn(a, key) || b[key] === undefined)
  );
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** An own value only: a key such as `constructor` exists on every object's prototype. */
function valueAt(container: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(container, key) ? container[key] : undefined;
}
