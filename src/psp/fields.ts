/** Access to bodies that no schema has checked yet, for `typeOf` and `isTestMode`, which take any JSON. */

/** The field of an object; undefined when `body` is not an object or has no such field. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
}
