/** Calls made from the OpenAPI document: for each operation parameters and bodies that it allows, and spoilt ones. */
import fc from 'fast-check';
import type { JsonSchema, SchemaComponents } from '../../src/operator/json-schema';
import { allowedBy, spoilt } from './schema-values';

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly role: 'viewer' | 'operator';
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly body: JsonSchema | null;
  readonly statuses: readonly string[];
}

export interface Call {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

// The document as it came: what it promises is what is tested.
export function operationsOf(
  paths: Readonly<Record<string, Readonly<Record<string, ReturnType<typeof JSON.parse>>>>>,
): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method,
      path,
      role: operation['x-role'] ?? 'viewer',
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content['application/json']?.schema ?? null,
      statuses: Object.keys(operation.responses),
    })),
  );
}

/** Ids to call with, by the names of parameters. */
export type Ids = Readonly<Record<string, readonly string[]>>;

/** A call of the operation. `ids` are taken more often than what the schema allows. */
export function callOf(
  { parameters, body }: Operation,
  kind: 'allowed' | 'spoilt',
  { components, ids }: { readonly components: SchemaComponents; readonly ids: Ids },
): fc.Arbitrary<Call> {
  const inPlace = (place: string): fc.Arbitrary<unknown> => {
    const own = parameters.filter((parameter) => parameter.in === place);
    const values = own.map(({ name, schema }) => {
      const allowed = allowedBy(schema, components);
      const known = ids[name];
      return [name, known ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, allowed) : allowed] as const;
    });
    const requiredKeys = own
      .filter(({ required, name }) => required === true || place === 'path' || name === 'to')
      .map(({ name }) => name);
    return fc.record(Object.fromEntries(values), { requiredKeys, noNullPrototype: true });
  };
  const sent = body === null ? fc.constant(undefined) : allowedBy(body, components);
  const bodies = kind === 'spoilt' && body !== null ? spoilt(sent) : sent;
  const queries = kind === 'spoilt' ? fc.oneof(spoilt(inPlace('query')).filter(isRecord), inPlace('query')) : inPlace('query');
  return fc.record({ path: inPlace('path'), query: queries, body: bodies }) as fc.Arbitrary<Call>;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The path and the query of a call. */
export function addressOf({ path }: Operation, call: Call): string {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encoded(call.path[name]));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query))
    query.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return query.size === 0 ? place : `${place}?${query.toString()}`;
}

/** `.` and `..` would be another path. */
function encoded(value: unknown): string {
  const text = String(value)
    .replace(/^\.+$/, 'dots')
    .replace(/\p{Cs}/gu, '');
  return encodeURIComponent(text === '' ? 'empty' : text);
}
