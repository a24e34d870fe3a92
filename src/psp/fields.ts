/** Fields of bodies that no schema has checked yet, for `typeOf` and `isTestMode`, which take any JSON. */

/** A field of an object; undefined for what is no object, or has no such field. */
export function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** The type of an event, as it stands in the body; `unknown` for what is no text. */
export function eventType(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : 'unknown';
}
