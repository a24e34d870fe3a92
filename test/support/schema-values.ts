/** Values that a JSON Schema allows, and some that it does not: for calls made from the OpenAPI document. */
import fc from 'fast-check';
import { type JsonSchema, resolved, type SchemaComponents, typesOf } from '../../src/operator/json-schema';

/** Values that the schema allows, as far as it says: a rule beside it may still refuse them. */
export function allowedBy(given: JsonSchema, components: SchemaComponents, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(given, components);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => allowedBy(choice, components, depth)));
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => allowedBy(part, components, depth) as fc.Arbitrary<object>);
    return fc.tuple(...parts).map((values) => Object.assign({}, ...values) as unknown);
  }
  const types = typesOf(schema);
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema, components, depth)));
}

function ofType(type: string, schema: JsonSchema, components: SchemaComponents, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return objects(schema, components, depth);
    case 'array':
      return fc.array(schema.items ? allowedBy(schema.items, components, depth + 1) : fc.jsonValue(), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer({
        min: bound(schema.minimum, schema.exclusiveMinimum, 1, -1e9),
        max: bound(schema.maximum, schema.exclusiveMaximum, -1, 1e9),
      });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6 });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.constant(null);
  }
}

function bound(inclusive: number | undefined, exclusive: number | undefined, step: number, otherwise: number): number {
  return inclusive ?? (exclusive === undefined ? otherwise : exclusive + step);
}

function texts({ format, pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  const dates = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true });
  if (format === 'date-time') return dates.map((date) => date.toISOString());
  if (format === 'date') return dates.map((date) => date.toISOString().slice(0, 10));
  if (format === 'email') return fc.emailAddress();
  if (format === 'uri') return fc.webUrl();
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const unit = fc.oneof(fc.constantFrom(...'abc_-019 @%/?#é✓'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }));
  return fc.string({ unit, minLength, maxLength: Math.min(maxLength, 40) });
}

function objects(schema: JsonSchema, components: SchemaComponents, depth: number): fc.Arbitrary<unknown> {
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, member]) => [name, allowedBy(member, components, depth + 1)] as const,
  );
  const known = fc.record(Object.fromEntries(members), {
    requiredKeys: (schema.required ?? []).filter((name) => name in (schema.properties ?? {})),
    noNullPrototype: true,
  });
  const { additionalProperties: others } = schema;
  if (typeof others !== 'object' || depth > 3) return known;
  const keys = schema.propertyNames
    ? (allowedBy(schema.propertyNames, components, depth + 1) as fc.Arbitrary<string>)
    : fc.string({ maxLength: 20 });
  const more = fc.dictionary(keys, allowedBy(others, components, depth + 1), { maxKeys: 3, noNullPrototype: true });
  return fc.tuple(known, more).map(([first, second]) => ({ ...second, ...first }));
}

/** An allowed value with one thing changed: a member gone, of another kind, too long, or one that nobody knows. It may still be allowed. */
export function spoilt(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom<unknown>(null, -1, 1.5, '', 'x'.repeat(3_000), '\u0000', '\ud800', [], {}, [[]], true, '{}', 1e308);
  return fc.tuple(value, odd, fc.nat(), fc.constantFrom('replace', 'remove', 'add', 'whole')).map(([given, strange, n, how]) => {
    if (how === 'whole' || typeof given !== 'object' || given === null || Array.isArray(given)) return strange;
    const entries = Object.entries(given);
    if (how === 'add' || entries.length === 0) return { ...given, nobody_knows_this: strange };
    const at = n % entries.length;
    if (how === 'remove') return Object.fromEntries(entries.filter((_, index) => index !== at));
    return Object.fromEntries(entries.map(([name, old], index) => [name, index === at ? strange : old]));
  });
}
