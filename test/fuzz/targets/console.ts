/** The console by HTTP: pages with odd queries, forms right and spoilt, cookies and sign-in. */
import fc from 'fast-check';
import { z } from 'zod';
import type { JsonSchema } from '../../../src/operator/json-schema';
import { actions, pages } from '../../../src/console/pages';
import { allowedBy, spoilt } from '../../support/schema-values';
import { ask, documented, headerText } from '../http';
import { oddText } from '../mutations';
import { target, type Target, Undocumented } from '../run';
import { signIn } from '../service';

const parts: Readonly<Record<string, fc.Arbitrary<string>>> = {
  psp: fc.constantFrom('stripe', 'paddle', 'generic', 'nobody'),
  moneyId: fc.constantFrom('in_f1s_1', 'pay_f1s_1'),
  id: fc.constantFrom('1', '2', '99999999999999999999'),
};

const queryNames = [
  'psp',
  'state',
  'reason',
  'phase',
  'type',
  'q',
  'user',
  'from',
  'to',
  'cursor',
  'error',
  'integration',
  'tab',
  'period',
  'days',
  'next',
];
const queryTexts = fc.oneof(
  oddText,
  fc.constantFrom('sent', 'pending', 'stripe', 'renewal', 'limited', '2026-11-01', '2026-11-30', 'user-f1', 'sub_f1s', '30'),
);

/** `/purchases/:psp/:moneyId` with something in each place. */
function pathOf(pattern: string): fc.Arbitrary<string> {
  const names = [...pattern.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const values = names.map((name) => fc.oneof({ weight: 3, arbitrary: parts[name] ?? oddText }, oddText));
  return fc
    .tuple(...values)
    .map((given) => names.reduce((path, name, at) => path.replace(`:${name}`, encoded(given[at] ?? '')), pattern));
}

function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '').replace(/^\.*$/, 'dots'));
}

const query = fc.oneof(
  fc.constant({}),
  fc.dictionary(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...queryNames) }, oddText), queryTexts, {
    maxKeys: 4,
    noNullPrototype: true,
  }),
);

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, unknown>>;
  readonly token: 'right' | 'none' | 'odd';
  readonly cookie: 'right' | 'none' | 'cut' | 'odd';
  readonly htmx: boolean;
  readonly odd: string;
}

const visits: fc.Arbitrary<Asked> = fc.record({
  method: fc.constant('GET' as const),
  path: fc.oneof(
    { weight: 20, arbitrary: fc.oneof(...pages.map(({ path }) => pathOf(path))) },
    oddText.map((text) => `/${encoded(text)}`),
  ),
  query,
  form: fc.constant({}),
  token: fc.constant('none' as const),
  cookie: fc.oneof({ weight: 20, arbitrary: fc.constant('right' as const) }, fc.constantFrom('none', 'cut', 'odd')),
  htmx: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  odd: oddText,
});

const forms: fc.Arbitrary<Asked> = fc.oneof(
  ...actions.map(({ path, form }) => {
    const fields = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    const right = allowedBy(fields, {});
    return fc.record({
      method: fc.constant('POST' as const),
      path: pathOf(path),
      query: fc.constant({}),
      form: fc.oneof(right, spoilt(right), fc.dictionary(oddText, oddText, { maxKeys: 5, noNullPrototype: true })).map(fieldsOf),
      token: fc.oneof({ weight: 20, arbitrary: fc.constant('right' as const) }, fc.constantFrom('none', 'odd')),
      cookie: fc.oneof({ weight: 40, arbitrary: fc.constant('right' as const) }, fc.constantFrom('none', 'cut', 'odd')),
      htmx: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
      odd: oddText,
    });
  }),
);

const signIns: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path: fc.oneof(fc.constant('/sign-in'), pathOf('/sign-in/once/:key')),
  query: fc.record({ next: oddText }),
  form: fc.dictionary(fc.constantFrom('name', 'secret', 'next', 'x'), oddText, { noNullPrototype: true }),
  token: fc.constant('none' as const),
  cookie: fc.constantFrom('none', 'odd', 'cut'),
  htmx: fc.boolean(),
  odd: oddText,
});

function fieldsOf(form: unknown): Readonly<Record<string, unknown>> {
  return typeof form === 'object' && form !== null ? (form as Readonly<Record<string, unknown>>) : { value: form };
}

export async function consoleTarget(url: string): Promise<Target> {
  const cookie = await signIn(url);
  const { text } = await ask(`${url}/console/`, { headers: { cookie } });
  const csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
  return target<Asked>({
    name: 'the console',
    atOnce: 6,
    inputs: fc.oneof({ weight: 6, arbitrary: visits }, { weight: 5, arbitrary: forms }, { weight: 1, arbitrary: signIns }),
    size: ({ form, query: asked, path }) => JSON.stringify([form, asked, path]).length,
    async handle({ method, path, query: asked, form, token, cookie: which, htmx, odd }) {
      const cookies = { right: cookie, none: '', cut: cookie.slice(0, -20), odd: `relay_session=${headerText(odd)}` }[which];
      const search = new URLSearchParams(asked).toString();
      const answer = await ask(`${url}/console${path}${search === '' ? '' : `?${search}`}`, {
        method,
        headers: {
          ...(cookies === '' ? {} : { cookie: cookies }),
          'sec-fetch-site': 'same-origin',
          ...(htmx ? { 'hx-request': 'true' } : {}),
          ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        },
        ...(method === 'POST' ? { body: encodedForm(form, { right: csrf, none: null, odd }[token]) } : {}),
      });
      if (/<script>alert|<img src=x/.test(answer.text))
        throw new Undocumented(`${method} ${path}: shows markup of its input as markup`);
      return `${method} ${documented(`${method} /console${path}`, answer, [200, 204, 303, 400, 401, 403, 404, 409, 410, 413, 422, 429])}`;
    },
  });
}

function encodedForm(form: Readonly<Record<string, unknown>>, csrf: string | null): string {
  const fields = new URLSearchParams(csrf === null ? {} : { _csrf: csrf });
  for (const [name, value] of Object.entries(form))
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      fields.append(name, typeof one === 'string' ? one : (JSON.stringify(one) ?? ''));
  return fields.toString();
}
