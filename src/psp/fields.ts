/** Fields of bodies that no schema has checked yet, for `typeOf` and `isTestMode`, which take any JSON. */

/** A field of an object; undefined for what is no object, or has no such field. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
}
