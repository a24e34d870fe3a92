/** `/collect`, `/collect/purchase` and the pixel's files by HTTP, as pages and strangers ask for them. */
import fc from 'fast-check';
import { ask, checkProblem, documented, headerText } from '../http';
import { damage, damaged, jsonOf, mutated, mutation, oddText, oddValue } from '../mutations';
import { target, type Target, Undocumented } from '../run';

const purchaseTypes = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];
const ids = Array.from({ length: 60 }, (_, n) => `chk-f${n}s`);

const good: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  userId: fc.nat({ max: 200 }).map((n) => `user-f${n}`),
  email: fc.nat({ max: 200 }).map((n) => `buyer${n}@example.com`),
  checkoutId: fc.constantFrom(...ids),
  url: fc.constantFrom('https://shop.example.com/', 'https://shop.example.com/?ttclid=x', 'not a url', ''),
  ttclid: fc.constantFrom('E.C.P.fuzz', 'x'.repeat(1_000), 'x'.repeat(1_001)),
  ttp: fc.constantFrom('ttp-1', null),
  referrer: fc.constantFrom('https://www.tiktok.com/', ''),
  phone: fc.constantFrom('+4915112345678', '1'),
  consent: fc.constantFrom('granted', 'denied', 'unknown', '', null, 'GRANTED'),
  locale: fc.constantFrom('en_US', 'de'),
  userToken: fc.constantFrom('x.y.z', '', null),
  purchaseType: fc.constantFrom(...purchaseTypes, 'x', null),
  contents: fc.constantFrom(
    [{ content_id: 'p1', content_name: 'A year', quantity: 2, price: 19.99 }],
    [null, { content_id: 7, price: '5' }],
    [],
    'p1',
  ),
  currency: fc.constantFrom('USD', 'usd', 'UYU', 'x', null),
};

const fields = Object.fromEntries(
  Object.entries(good).map(([name, value]) => [name, fc.oneof({ weight: 8, arbitrary: value }, oddValue)]),
);

export function collectTarget(url: string): Target {
  return target({
    name: 'POST /collect, /collect/purchase',
    atOnce: 8,
    inputs: fc
      .record({
        body: fc.record(fields, { requiredKeys: ['url'], noNullPrototype: true }),
        mutations: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(mutation, { maxLength: 2 })),
        how: damage,
        path: fc.constantFrom('/collect', '/collect/purchase'),
        origin: fc.oneof(
          { weight: 6, arbitrary: fc.constant('https://shop.example.com') },
          { weight: 3, arbitrary: fc.constant(null) },
          fc.constantFrom('https://evil.example.com', 'null', 'https://shop.example.com:444', 'x'),
        ),
        header: fc.option(oddText, { freq: 4 }),
        name: fc.constantFrom(
          'user-agent',
          'x-forwarded-for',
          'cookie',
          'content-type',
          'accept-language',
          'referer',
          'content-encoding',
        ),
        integration: fc.oneof({ weight: 10, arbitrary: fc.constant(null) }, oddText),
      })
      .map(({ body, mutations, how, ...rest }) => ({
        ...rest,
        raw: damaged(jsonOf(mutated(structuredClone(body), mutations)), how),
      })),
    size: ({ raw }) => raw.length,
    shown: ({ raw, ...rest }) => `${JSON.stringify(rest)} ${raw.toString('utf8')}`,
    async handle({ raw, path, origin, header, name, integration }) {
      const query = integration === null ? '' : `?${new URLSearchParams({ integration }).toString()}`;
      const answer = await ask(url + path + query, {
        method: 'POST',
        headers: {
          'content-type': 'text/plain',
          ...(origin === null ? {} : { origin }),
          ...(header === null ? {} : { [name]: headerText(header) }),
        },
        body: new Uint8Array(raw),
      });
      checkProblem(`POST ${path}`, answer);
      if (answer.status === 200) checkDecision(answer.body);
      const success = path === '/collect' ? 204 : 200;
      return `${path}: ${documented(`POST ${path}`, answer, [success, 400, 403, 404, 413, 415, 429])}`;
    },
  });
}

function checkDecision(body: unknown): void {
  const { send, eventId, eventName } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const isEvent = eventId === null || typeof eventId === 'string';
  if (typeof send !== 'boolean' || !isEvent || typeof eventName !== 'string')
    throw new Undocumented(`POST /collect/purchase answers ${JSON.stringify(body)}`);
}

const pixelFiles = ['/pixel.js', '/pixel/config', '/pixel.d.ts', '/healthz', '/readyz', '/'];

export function pixelTarget(url: string): Target {
  return target({
    name: 'GET /pixel.js and the open pages',
    atOnce: 8,
    inputs: fc.record({
      path: fc.constantFrom(...pixelFiles),
      query: fc.dictionary(fc.oneof(fc.constant('integration'), oddText), oddText, { maxKeys: 3 }),
      header: oddText,
      name: fc.constantFrom('origin', 'accept-encoding', 'if-none-match', 'accept', 'range', 'cookie', 'x-forwarded-proto'),
      method: fc.oneof({ weight: 5, arbitrary: fc.constant('GET') }, fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE')),
    }),
    size: ({ query, header }) => JSON.stringify(query).length + header.length,
    async handle({ path, query, header, name, method }) {
      const asked = new URLSearchParams(Object.entries(query)).toString();
      const answer = await ask(`${url}${path}?${asked}`, { method, headers: { [name]: headerText(header) } });
      return documented(`${method} ${path}`, answer, [200, 204, 206, 303, 304, 400, 403, 404, 405, 406, 413, 416, 431]);
    },
  });
}
