/** Reads fields of untrusted HTTP bodies. */

/** The body as JSON; null if it is not JSON. */
export function parsed(raw: unknown): unknown {
  try {
    return JSON.parse(bodyText(raw)) as unknown;
  } catch {
    return null;
  }
}

/** The body word for word; empty if there is none. */
export function bodyText(raw: unknown): string {
  return Buffer.isBuffer(raw) ? raw.toString('utf8') : '';
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
