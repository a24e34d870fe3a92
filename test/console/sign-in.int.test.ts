/** Signing in and out of the console, over HTTP: what opens it, what does not, and what other sites cannot do. */
import { sealData } from 'iron-session';
import { sessionKey } from '../../src/console/access';
import { actions } from '../../src/console/pages';
import { createSignInLinks } from '../../src/console/sign-in';
import type { Store } from '../../src/store';
import { type Api, nowMs, operatorPassword, operatorToken, serveApi } from '../support/api-server';
import { consoleClient, signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;
let clockMs = nowMs;
const links = createSignInLinks(() => clockMs);

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, console: { links, failuresPerMinute: 1_000 } });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

it('leads to the sign-in first, and from there to the page that was asked for', async () => {
  const client = consoleClient(api.url);
  const asked = await client.get('/?integration=default');
  expect(asked.status).toBe(303);
  expect(asked.location).toBe('/console/sign-in?next=%2Fconsole%2F%3Fintegration%3Ddefault');
  const form = await client.get(asked.location!.replace('/console', ''));
  expect(form.html).toContain('name="next" value="/console/?integration=default"');
  const done = await client.post('/sign-in', { name: 'anna', secret: operatorPassword, next: '/console/?integration=default' });
  expect(done).toMatchObject({ status: 303, location: '/console/?integration=default' });
  expect((await client.get('/')).html).toContain('anna');
});

it.each([
  ['the operator’s password', operatorPassword, 'Operator'],
  ['the operator’s token', operatorToken, 'Operator'],
  ['the viewer’s password', 'viewer-password', 'Viewer'],
  ['the viewer’s token', 'viewer-token', 'Viewer'],
])('opens with %s', async (_, secret, role) => {
  const client = await signedIn(api.url, secret);
  expect((await client.get('/')).html).toContain(role);
});

it('sets a cookie that no script reads and no other site sends, for twelve hours', async () => {
  const { headers } = await consoleClient(api.url).post('/sign-in', { secret: operatorPassword });
  const cookie = headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^relay_session=Fe26/);
  for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/console', 'Max-Age=43140']) expect(cookie).toContain(part);
});

it('refuses a wrong password, says so on the form, and logs no part of it', async () => {
  const refused = await consoleClient(api.url).post('/sign-in', { name: '<b>eve</b>', secret: 'hunter2-guess' });
  expect(refused.status).toBe(401);
  expect(refused.html).toContain('That is not the password, nor a token.');
  expect(refused.html).toContain('&lt;b>eve');
  expect(refused.html).not.toContain('hunter2');
  expect(api.logged.join()).toContain('a wrong password or token was refused');
  expect(api.logged.join()).not.toContain('hunter2');
});

it('stops guessing, not those who know the password', async () => {
  const limited = await serveApi({ store, console: { failuresPerMinute: 2 } });
  const client = consoleClient(limited.url);
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await client.post('/sign-in', { secret: 'wrong' })).status);
  expect(statuses).toEqual([401, 401, 429]);
  expect((await client.post('/sign-in', { secret: operatorPassword })).status).toBe(303);
  await limited.close();
});

it('takes no cookie that was changed, or sealed elsewhere', async () => {
  const { cookie } = await signedIn(api.url);
  const answer = await fetch(`${api.url}/console/`, { redirect: 'manual', headers: { cookie: `${cookie().slice(0, -4)}AAAA` } });
  expect(answer.status).toBe(303);
});

describe('a cookie', () => {
  const hour = 3_600_000;
  const key = sessionKey({
    operator: { password: operatorPassword, token: operatorToken },
    viewer: { password: 'viewer-password', token: 'viewer-token' },
    proxy: null,
  });
  const eve = { name: 'eve', role: 'operator', signedInAtMs: nowMs, csrf: 'token-of-eve' };
  const seal = (data: object, password = key, ttl = 12 * 3_600) => sealData(data, { password, ttl });
  /** As it was made some time ago, by the clock of this machine. */
  const sealedAgo = async (ms: number): Promise<string> => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - ms);
    try {
      return await seal(eve);
    } finally {
      clock.mockRestore();
    }
  };
  const statusWith = async (cookie: string): Promise<number> =>
    (await fetch(`${api.url}/console/`, { redirect: 'manual', headers: { cookie } })).status;

  it.each<[string, () => Promise<string> | string]>([
    ['that we sealed', () => seal(eve)],
    ['that we sealed almost twelve hours ago', () => seal({ ...eve, signedInAtMs: nowMs - 12 * hour + 1 })],
    ['whose seal is almost twelve hours old', () => sealedAgo(12 * hour - 5 * 60_000)],
  ])('opens the console: %s', async (_what, made) => {
    expect(await statusWith(`relay_session=${await made()}`)).toBe(200);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['that is empty', () => ''],
    ['that is junk', () => 'junk'],
    ['that is what a session holds', () => encodeURIComponent(JSON.stringify(eve))],
    ['that is that in base64', () => Buffer.from(JSON.stringify(eve)).toString('base64url')],
    ['that looks like a seal', () => 'Fe26.2*1*a*b*c**d*e*f~2'],
    ['that is a seal of nothing', () => seal({})],
    ['without a name', () => seal({ ...eve, name: undefined })],
    ['without a role', () => seal({ ...eve, role: undefined })],
    ['without a time', () => seal({ ...eve, signedInAtMs: undefined })],
    ['sealed with another secret', () => seal(eve, 'another secret that is long enough for a seal')],
    ['sealed with the secrets of another installation', () => seal(eve, sessionKey(accessOfOthers))],
    ['of twelve hours ago', () => seal({ ...eve, signedInAtMs: nowMs - 12 * hour })],
    ['whose seal is expired', () => sealedAgo(12 * hour + 5 * 60_000)],
    ['of a token that is none', () => seal({ ...eve, tokenId: 'none' })],
    ['cut short', async () => (await seal(eve)).slice(0, -10)],
    ['with its parts exchanged', async () => (await seal(eve)).split('*').reverse().join('*')],
    ['of seven thousand letters', () => 'F'.repeat(7_000)],
    ['by a name of every object', () => '__proto__'],
  ])('opens nothing: %s', async (_what, made) => {
    expect(await statusWith(`relay_session=${await made()}`)).toBe(303);
  });

  it('of another name opens nothing', async () => {
    const sealed = await seal(eve);
    for (const name of ['Relay_Session', 'relay_session2', '__Host-relay_session', 'session'])
      expect([name, await statusWith(`${name}=${sealed}`)]).toEqual([name, 303]);
  });

  const accessOfOthers = {
    operator: { password: operatorPassword, token: operatorToken },
    viewer: { password: null, token: null },
    proxy: null,
  };

  it('that somebody planted is worth no more after a sign-in, nor is the token of its forms', async () => {
    const viewer = await signedIn(api.url, 'viewer-password', 'eve');
    const planted = viewer.cookie();
    const csrf = /name="_csrf" value="([^"]+)"/.exec((await viewer.get('/')).html)?.[1] ?? '';
    expect(csrf).not.toBe('');
    expect((await viewer.post('/sign-in', { secret: operatorPassword, name: 'anna' })).status).toBe(303);
    expect(viewer.cookie()).not.toBe(planted);
    const { html } = await viewer.get('/');
    expect(html).toContain('anna');
    expect(html).not.toContain(csrf);
    expect((await viewer.post('/sign-out', { _csrf: csrf })).status).toBe(403);
    const before = await fetch(`${api.url}/console/`, { redirect: 'manual', headers: { cookie: planted } });
    expect(await before.text()).toContain('Viewer');
  });
});

it('signs out', async () => {
  const client = await signedIn(api.url);
  expect(await client.post('/sign-out')).toMatchObject({ status: 303, location: '/console/sign-in' });
  expect((await client.get('/')).status).toBe(303);
});

it('begins each sign-in with a session of its own', async () => {
  const client = consoleClient(api.url);
  await client.post('/sign-in', { secret: operatorPassword });
  const first = client.cookie();
  await client.post('/sign-in', { secret: operatorPassword });
  expect(client.cookie()).not.toBe(first);
});

describe('forgery', () => {
  it.each([
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a neighbour under the same domain', {}, { 'sec-fetch-site': 'same-site' }],
    ['without the token', { _csrf: '' }, {}],
    ['with the token of another session', { _csrf: 'a-token-of-somebody-else' }, {}],
  ])('refuses what comes %s', async (_, fields: Record<string, string>, headers: Record<string, string>) => {
    const client = await signedIn(api.url);
    expect((await client.post('/sign-out', fields, headers)).status).toBe(403);
    expect((await client.get('/')).status).toBe(200);
  });

  it.each<[string, Record<string, string>, number]>([
    ['of another site', { origin: 'https://evil.example' }, 403],
    ['that hides itself', { origin: 'null' }, 403],
    ['of a name that begins like ours', { origin: 'http://127.0.0.1.evil.example' }, 403],
    ['of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['that is no address', { origin: '127.0.0.1' }, 403],
    ['that is not told', {}, 403],
    ['of another site, which the browser names', { origin: 'OURS', 'sec-fetch-site': 'cross-site' }, 403],
    ['of ours', { origin: 'OURS' }, 303],
    [
      'of another site by a header, where the browser says that it is ours',
      { origin: 'null', 'sec-fetch-site': 'same-origin' },
      303,
    ],
    ['that a person typed', { 'sec-fetch-site': 'none' }, 303],
  ])('judges a form by its origin: %s', async (_what, headers, status) => {
    const client = await signedIn(api.url);
    const csrf = /name="_csrf" value="([^"]+)"/.exec((await client.get('/')).html)?.[1] ?? '';
    for (const path of ['/sign-out', '/sign-in']) {
      const answer = await fetch(`${api.url}/console${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie: client.cookie(), ...headers, ...(headers['origin'] === 'OURS' ? { origin: api.url } : {}) },
        body: new URLSearchParams({ _csrf: csrf, secret: operatorPassword }),
      });
      expect([path, answer.status]).toEqual([path, status]);
    }
  });

  it.each(actions.map(({ path }) => [path]))('keeps other sites from the action %s', async (path) => {
    const client = await signedIn(api.url);
    const target = path.replace(/:\w+/g, 'x');
    for (const site of ['cross-site', 'same-site'])
      expect((await client.post(target, {}, { 'sec-fetch-site': site })).html).toContain('a page of the console itself');
    expect((await client.post(target, { _csrf: 'guessed' })).html).toContain('the page is from an earlier sign-in');
    expect((await client.get(target)).status).not.toBe(303); // by a link, which a browser follows with its cookie, nothing is done
  });

  it('refuses a sign-in that another site sends', async () => {
    const answer = await consoleClient(api.url).post(
      '/sign-in',
      { secret: operatorPassword },
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(answer.status).toBe(403);
  });
});

it.each([
  'https://evil.example/console/',
  '//evil.example',
  '/console/../sandbox',
  '/consoles',
  '/\\evil.example',
  'javascript:alert(1)',
])('leads to no place but the console: %s', async (next) => {
  const { location } = await consoleClient(api.url).post('/sign-in', { secret: operatorPassword, next });
  expect(location).toBe('/console/');
});

describe('a link of the start', () => {
  it('signs in once', async () => {
    const path = links.create().replace('/console', '');
    const client = consoleClient(api.url);
    expect(await client.get(path)).toMatchObject({ status: 303, location: '/console/' });
    expect((await client.get('/')).status).toBe(200);
    expect((await consoleClient(api.url).get(path)).status).toBe(410);
  });

  it('is good for ten minutes', async () => {
    const path = links.create().replace('/console', '');
    clockMs = nowMs + 10 * 60_000;
    const late = await consoleClient(api.url).get(path);
    clockMs = nowMs;
    expect(late.status).toBe(410);
    expect(late.html).toContain('older than ten minutes');
  });
});

describe('a proxy that has signed people in', () => {
  let behind: Api;
  beforeAll(async () => {
    const access = {
      operator: { password: operatorPassword, token: operatorToken },
      viewer: { password: null, token: null },
      proxy: { header: 'x-forwarded-user', operators: ['anna@example.com'] },
    };
    behind = await serveApi({ store, console: { access } });
  });
  afterAll(() => behind.close());

  it.each([
    ['anna@example.com', 'Operator'],
    ['ben@example.com', 'Viewer'],
  ])('names %s', async (name, role) => {
    const { status, html } = await consoleClient(behind.url).get('/', { 'x-forwarded-user': name });
    expect(status).toBe(200);
    expect(html).toContain(name);
    expect(html).toContain(role);
  });

  it('is not believed where it is not configured', async () => {
    expect((await consoleClient(api.url).get('/', { 'x-forwarded-user': 'anna@example.com' })).status).toBe(303);
  });
});

it('sends pages that load nothing from elsewhere and run nothing that stands in them', async () => {
  const { headers } = await (await signedIn(api.url)).get('/');
  expect(headers.get('content-security-policy')).toContain("script-src 'self'; style-src 'self'");
  expect(headers.get('content-security-policy')).not.toMatch(/unsafe/);
  expect(headers.get('cache-control')).toBe('no-store');
});

it('answers an unknown page with a page', async () => {
  const { status, html } = await (await signedIn(api.url)).get('/nowhere');
  expect(status).toBe(404);
  expect(html).toContain('There is nothing here');
});
