/**
 * The OpenAPI 3.1 document of all that the service answers, made from the routes that are mounted and the zod schemas that check what
 * they take. https://spec.openapis.org/oas/v3.1.1
 */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { PublicRoute } from './public-routes';
import { defaultRole, type Route } from './route';

export type OpenApiDocument = ReturnType<typeof createDocument>;

export interface Documented {
  /** Mounted at `/api`. */
  readonly routes: readonly Route[];
  /** All others, with their whole paths. */
  readonly publicRoutes: readonly PublicRoute[];
  /** The address that others reach us by. */
  readonly url: string;
}

/** @throws when a schema has no form in JSON, such as an answer with a transform. */
export function openApiDocument({ routes, publicRoutes, url }: Documented): OpenApiDocument {
  const operations = [...routes.map(apiOperation), ...publicRoutes.map(publicOperation)];
  const paths: ZodOpenApiPathsObject = {};
  for (const { path, method, operation } of operations) paths[path] = { ...paths[path], [method]: operation };
  const document = {
    openapi: '3.1.1',
    info: { title: 'tiktok-purchase-relay', version: '1', description: introduction },
    servers: [{ url }],
    tags: tagsOf([...routes, ...publicRoutes]),
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'OPERATOR_TOKEN; VIEWER_TOKEN for what changes nothing.' },
      },
    },
    paths,
  } satisfies ZodOpenApiObject;
  return createDocument(document, { override: ({ jsonSchema }) => withoutPatternOfFormat(jsonSchema) });
}

/** A pattern of 400 characters tells no reader more about a time than its format does. */
function withoutPatternOfFormat(schema: { readonly format?: string | undefined; pattern?: string | undefined }): void {
  if (schema.format !== undefined) delete schema.pattern;
}

const introduction = `Everything that the console shows and does. Send \`Authorization: Bearer $OPERATOR_TOKEN\`.

- With more than one integration, \`?integration=\` names the one that is meant; without it \`default\` is.
- Lists are \`{"items": […], "nextCursor": "…" | null}\`: send \`nextCursor\` as \`cursor\` to have the next page.
- Times are ISO 8601 in UTC. Amounts of money are decimal strings beside their currency; TikTok's \`value\` is a number.
- Errors are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem documents. \`errors\` names each field that is wrong.`;

/** An error as RFC 9457 has it. */
const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong, and with which field (RFC 9457).' });

interface PlacedOperation {
  readonly path: string;
  readonly method: Route['method'];
  readonly operation: ZodOpenApiOperationObject;
}

function apiOperation(route: Route): PlacedOperation {
  const role = route.role ?? defaultRole(route);
  const isPerIntegration = route.perIntegration !== false;
  const body = route.body ?? route.bodyShown;
  const operation = {
    ...described(route),
    ...(role === 'operator' ? { 'x-role': role } : {}),
    requestParams: parametersOf({ ...route, isPerIntegration }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: !accepts(body, {}), content: { 'application/json': { schema: body } } } }),
    ...(route.stream === undefined
      ? {}
      : { requestBody: { required: true, content: { [route.stream.media]: { schema: route.stream.schema } } } }),
    responses: { ...answersOf(route), ...problemsOf(problemsOfRoute(route)) },
  };
  return { path: `/api${route.path}`, method: route.method, operation };
}

/** What the mounting of routes (`mountRoutes`) may answer by itself, and what the route says of itself. */
function problemsOfRoute(route: Route): readonly number[] {
  const takesBody = route.body !== undefined || route.bodyShown !== undefined;
  return [
    400,
    401,
    ...((route.role ?? defaultRole(route)) === 'operator' ? [403] : []),
    ...(route.perIntegration !== false || route.path.includes('{') ? [404] : []),
    ...(takesBody ? [413, 415] : []),
    ...(route.body === undefined ? [] : [422]),
    429,
    503,
    ...(route.problems ?? []),
  ];
}

function publicOperation(route: PublicRoute): PlacedOperation {
  const { method, path, body, bodyMedia = 'application/json', guard, problems } = route;
  const operation = {
    ...described({ ...route, path: path.replace(/^\//, '') }),
    security: guard === 'operator' ? [{ token: [] }] : [],
    requestParams: parametersOf({ path, isPerIntegration: route.perIntegration === true }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [bodyMedia]: { schema: body } } } }),
    responses: { ...answersOf(route), ...problemsOf(problems) },
  };
  return { path, method, operation };
}

type Told = Pick<Route, 'method' | 'path' | 'tag' | 'summary' | 'description'>;

function described({ method, path, tag, summary, description }: Told): ZodOpenApiOperationObject & { operationId: string } {
  const id = operationId(method, path);
  return { operationId: id, tags: [tag], summary, ...(description === undefined ? {} : { description }), responses: {} };
}

/** `get` of `/purchases/{psp}/{moneyId}` → `getPurchasesByPspAndMoneyId`: the same as long as the path is. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9{}]+/).filter((word) => word !== '');
  const fixed = words.filter((word) => !word.startsWith('{')).map(capital);
  const parts = words.filter((word) => word.startsWith('{')).map((word) => capital(word.slice(1, -1)));
  return `${method}${fixed.join('')}${parts.length === 0 ? '' : `By${parts.join('And')}`}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

interface Parameters {
  readonly path: string;
  readonly query?: z.ZodType;
  readonly isPerIntegration: boolean;
}

function parametersOf({ path, query, isPerIntegration }: Parameters): NonNullable<ZodOpenApiOperationObject['requestParams']> {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, z.string().min(1).meta(partOf(name))] as const);
  const queries = { ...shapeOf(query), ...(isPerIntegration ? { integration: integrationSchema } : {}) };
  return {
    ...(parts.length === 0 ? {} : { path: z.object(Object.fromEntries(parts)) }),
    ...(Object.keys(queries).length === 0 ? {} : { query: z.object(queries) }),
  };
}

const integrationSchema = z.string().optional().meta({ description: 'The integration that is meant; default: `default`.' });

/** The parameters of a query's schema, refinements and all taken off. */
function shapeOf(query: z.ZodType | undefined): z.core.$ZodShape {
  if (query === undefined) return {};
  if (query instanceof z.ZodObject) return query.shape;
  if (query instanceof z.ZodPipe) return shapeOf(query.in as z.ZodType);
  throw new Error('the schema of a query must be an object');
}

function partOf(name: string): { readonly description: string; readonly example: string } {
  const [description, example] = partsOfPaths[name] ?? [`The ${name} that is meant.`, '…'];
  return { description, example };
}

const partsOfPaths: Readonly<Record<string, readonly [description: string, example: string]>> = {
  psp: ['The provider.', 'stripe'],
  id: ['The id, as a list shows it.', 'sub_123'],
  moneyId: ['The provider’s id of the payment.', 'in_123'],
  userId: ['The merchant’s id of the buyer, or an e-mail.', 'user-1'],
  error: ['The type of an error, as `lastError.type` of a purchase has it.', 'TikTokUnauthorized'],
  integration: ['The integration.', 'default'],
  secret: ['The secret part of the path, which derives from the operator token.', '…'],
};

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function answersOf({ answers }: Pick<Route, 'answers'>): ZodOpenApiResponsesObject {
  const entries = Object.entries(answers).map(([status, { description, schema, media = [] }]) => {
    const texts = media.map((type) => [type, { schema: z.string() }] as const);
    const content = { ...(schema === undefined ? {} : { 'application/json': { schema } }), ...Object.fromEntries(texts) };
    return [status, { description, ...(Object.keys(content).length === 0 ? {} : { content }) }];
  });
  return Object.fromEntries(entries) as ZodOpenApiResponsesObject; // numbers are the statuses that it has as keys
}

function problemsOf(statuses: readonly number[]): ZodOpenApiResponsesObject {
  const entries = [...new Set(statuses)]
    .sort((a, b) => a - b)
    .map((status) => [
      status,
      { description: problemWords[status] ?? 'Refused.', content: { 'application/problem+json': { schema: problemSchema } } },
    ]);
  return Object.fromEntries(entries) as ZodOpenApiResponsesObject; // as above
}

const problemWords: Readonly<Record<number, string>> = {
  400: 'A parameter or the body is not what it must be.',
  401: 'No token, or a wrong one.',
  403: 'Not allowed to whoever asks.',
  404: 'There is no such thing.',
  409: 'It has changed meanwhile, or its state forbids this.',
  413: 'The body is too long: 1 MB, where nothing else is said.',
  415: 'The body is not said to be of the type that is taken here.',
  422: 'Understood and refused; `errors` names each field.',
  429: 'Too many requests from this address.',
  503: 'Something that is needed cannot be reached: try again after `Retry-After`.',
};

/** In the order in which the routes come. */
function tagsOf(routes: readonly Pick<Route, 'tag'>[]): { name: string }[] {
  return [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name }));
}
