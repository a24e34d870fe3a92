/** JSON Schema as the OpenAPI document has it: the part that is read here. */

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly description?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

export type SchemaComponents = Readonly<Record<string, JsonSchema>>;

/** The schema that a `$ref` means. @throws when the document does not have it. */
export function resolved(schema: JsonSchema, components: SchemaComponents): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const found = components[nameOfRef(schema.$ref)];
  if (!found) throw new Error(`the document has no ${schema.$ref}`);
  return resolved(found, components);
}

export function nameOfRef(ref: string): string {
  return ref.replace(/^.*\//, '');
}

export function typesOf({ type }: JsonSchema): readonly string[] {
  return type === undefined ? [] : typeof type === 'string' ? [type] : type;
}

/** A value as a reader expects it: the schema's own example where it has one. It need not pass the schema. */
export function exampleOf(given: JsonSchema, components: SchemaComponents, depth = 0): unknown {
  const schema = resolved(given, components);
  const told = [schema.example, schema.examples?.[0], schema.default, schema.const, schema.enum?.[0]].find(
    (value) => value !== undefined,
  );
  if (told !== undefined) return told;
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (choice) return exampleOf(choice, components, depth);
  if (schema.allOf) return mergedExample(schema.allOf, components, depth);
  switch (typesOf(schema).find((type) => type !== 'null')) {
    case 'object':
      return objectExample(schema, components, depth);
    case 'array':
      return depth > deepest || !schema.items ? [] : [exampleOf(schema.items, components, depth + 1)];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'string':
      return exampleText(schema);
    default:
      return null;
  }
}

const deepest = 6;

function objectExample(schema: JsonSchema, components: SchemaComponents, depth: number): Readonly<Record<string, unknown>> {
  if (depth > deepest) return {};
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, member]) => [name, exampleOf(member, components, depth + 1)] as const,
  );
  const { additionalProperties: others } = schema;
  const named =
    typeof others === 'object' && Object.keys(others).length > 0 && members.length === 0
      ? [['…', exampleOf(others, components, depth + 1)] as const]
      : [];
  return Object.fromEntries([...members, ...named]);
}

function mergedExample(parts: readonly JsonSchema[], components: SchemaComponents, depth: number): unknown {
  return Object.assign({}, ...parts.map((part) => exampleOf(part, components, depth)));
}

function exampleText({ format }: JsonSchema): string {
  if (format === 'date-time') return '2026-11-22T10:00:00Z';
  if (format === 'date') return '2026-11-22';
  if (format === 'email') return 'buyer@example.com';
  if (format === 'uri') return 'https://shop.example.com';
  return '…';
}

/** What a value may be, in few words: `text`, `one of sent, pending`, `list of text or null`. */
export function wordsOf(given: JsonSchema, components: SchemaComponents): string {
  if (given.$ref !== undefined) return nameOfRef(given.$ref);
  const schema = resolved(given, components);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum)
    return `one of ${schema.enum.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(', ')}`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map((choice) => wordsOf(choice, components)))].join(' or ');
  if (schema.allOf) return schema.allOf.map((part) => wordsOf(part, components)).join(' and ');
  const types = typesOf(schema);
  return types.length === 0 ? 'anything' : types.map((type) => typeWord(type, schema, components)).join(' or ');
}

function typeWord(type: string, schema: JsonSchema, components: SchemaComponents): string {
  if (type === 'string') return formatWords[schema.format ?? ''] ?? 'text';
  if (type === 'integer') return 'whole number';
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return schema.items ? `list of ${wordsOf(schema.items, components)}` : 'list';
  return type;
}

const formatWords: Readonly<Record<string, string>> = {
  'date-time': 'time, ISO 8601',
  date: 'day, ISO 8601',
  email: 'e-mail',
  uri: 'address (URL)',
};
