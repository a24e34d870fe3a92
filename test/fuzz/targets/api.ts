/** `/api` by HTTP: calls made from the OpenAPI document that the service shows, right ones and spoilt ones. */
import fc from 'fast-check';
import { z } from 'zod';
import type { SchemaComponents } from '../../../src/operator/json-schema';
import { addressOf, type Call, callOf, type Ids, type Operation, operationsOf } from '../../support/api-calls';
import { type Answer, ask, checkProblem, headerText } from '../http';
import { jsonOf, mutated, mutation, type Mutation, oddText, oddValue } from '../mutations';
import { target, type Target, Undocumented } from '../run';
import { operatorToken } from '../service';

/** What is there after some webhooks, and what is not. */
const ids: Ids = {
  psp: ['stripe', 'paddle', 'generic', 'solidgate', 'nobody'],
  id: ['sub_f1s', 'f1s', 'sub_f2f', '1', 'I-f1s'],
  moneyId: ['in_f1s_1', 'pay_f1s_1', '1'],
  userId: ['user-f1', 'user-f2', 'buyer1@example.com'],
  integration: ['default', 'nobody'],
};

/** Operations that other documents describe, or that other targets try. */
const isTriedElsewhere = (path: string): boolean => /^\/(webhooks|collect|pixel|codec|metrics)/.test(path);

interface ApiCall extends Call {
  readonly body: string | undefined;
  readonly operation: Operation;
  /** A text in place of one parameter, of one that nobody knows, or of a part of the path; null: none. */
  readonly odd: {
    readonly where: 'query' | 'path' | 'unknown' | 'ifMatch' | 'accept' | 'type';
    readonly text: string;
    readonly at: number;
  } | null;
}

export async function apiTarget(url: string): Promise<Target> {
  const { body } = await ask(`${url}/api/openapi.json`, {});
  const { paths, components } = body as {
    readonly paths: Parameters<typeof operationsOf>[0];
    readonly components: { readonly schemas: SchemaComponents };
  };
  const operations = operationsOf(paths).filter(({ path }) => !isTriedElsewhere(path));
  const answers = answerSchemas(paths, components.schemas);
  const given = { components: components.schemas, ids };
  return target<ApiCall>({
    name: '/api, from its OpenAPI document',
    atOnce: 6,
    inputs: fc.oneof(...operations.map((operation) => callsOf(operation, given))),
    size: ({ body }) => body?.length ?? 0,
    shown: ({ operation: { method, path }, ...call }) => `${method} ${path} ${JSON.stringify(call)}`,
    async handle(call) {
      const { operation } = call;
      const method = operation.method.toUpperCase();
      const headers: Record<string, string> = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
      if (call.odd?.where === 'ifMatch') headers['if-match'] = headerText(call.odd.text);
      if (call.odd?.where === 'accept') headers['accept'] = headerText(call.odd.text);
      if (call.odd?.where === 'type') headers['content-type'] = headerText(call.odd.text);
      const sent = call.body === undefined ? {} : { body: call.body };
      const answer = await ask(url + oddAddress(operation, call), { method, headers, ...sent });
      return `${checkAnswer(operation, answer, answers)}`;
    },
  });
}

function callsOf(operation: Operation, given: Parameters<typeof callOf>[2]): fc.Arbitrary<ApiCall> {
  const calls = fc.oneof(callOf(operation, 'allowed', given), callOf(operation, 'spoilt', given));
  const odd = fc.option(
    fc.record({
      where: fc.constantFrom('query', 'path', 'unknown', 'ifMatch', 'accept', 'type'),
      text: oddText,
      at: fc.noBias(fc.nat()),
    }),
    { freq: 3 },
  );
  const mutations = fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 3 }));
  return fc.tuple(calls, odd, mutations, fc.option(oddValue, { freq: 30 })).map(([call, one, changes, whole]) => ({
    ...call,
    operation,
    odd: one,
    body: operation.body === null ? undefined : bodyText(whole ?? call.body, changes),
  }));
}

function bodyText(body: unknown, changes: readonly Mutation[]): string {
  return jsonOf(mutated(structuredClone(body), changes));
}

/** One parameter, or one part of the path, is the odd text. */
function oddAddress(operation: Operation, call: ApiCall): string {
  const { odd } = call;
  if (odd === null) return addressOf(operation, call);
  const names = Object.keys(call[odd.where === 'path' ? 'path' : 'query']);
  const name = odd.where === 'unknown' ? odd.text : names[odd.at % Math.max(1, names.length)];
  if (name === undefined || !['query', 'path', 'unknown'].includes(odd.where)) return addressOf(operation, call);
  const place = odd.where === 'path' ? 'path' : 'query';
  return addressOf(operation, { ...call, [place]: { ...call[place], [name]: odd.text } });
}

type Answers = ReadonlyMap<string, z.ZodType>;

/** By `get /api/purchases 200`: made from the document alone. */
function answerSchemas(paths: object, schemas: SchemaComponents): Answers {
  const local = (schema: unknown): unknown => JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'));
  const $defs = local(schemas);
  const found = new Map<string, z.ZodType>();
  for (const [path, item] of Object.entries(paths) as [string, Readonly<Record<string, Documented>>][])
    for (const [method, { responses }] of Object.entries(item))
      for (const [status, { content }] of Object.entries(responses)) {
        const schema = content?.['application/json']?.schema;
        if (schema) found.set(`${method} ${path} ${status}`, z.fromJSONSchema({ ...(local(schema) as object), $defs } as never));
      }
  return found;
}

interface Documented {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>>;
}

function checkAnswer({ method, path, statuses }: Operation, answer: Answer, answers: Answers): string {
  const { status, headers, body } = answer;
  const where = `${method} ${path}`;
  if (status === 0) return 'closed';
  checkProblem(where, answer);
  if (!statuses.includes(String(status))) {
    // Said of every operation in the document's introduction: what is too large, or of another type, is refused by the frame.
    if (status === 413 || status === 415) return `${status}`;
    throw new Undocumented(`${where}: the document has no ${status}: ${answer.text.slice(0, 300)}`);
  }
  if (status >= 400 || !/^application\/json/.test(headers.get('content-type') ?? '')) return String(status);
  const read = answers.get(`${where} ${status}`)?.safeParse(body);
  if (read && !read.success) {
    const issues = read.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Undocumented(`${where}: ${status} is not as documented: ${issues.join('; ')}`);
  }
  return String(status);
}
