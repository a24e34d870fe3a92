/** `/collect` and `/collect/purchase` as they are served: real HTTP and a real store. */
import type { Identity } from '../../src/domain/identity';
import { presets } from '../../src/domain/policy';
import type { Settings } from '../../src/domain/settings';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { Store } from '../../src/store';
import { hashedEmail, hashedExternalId, hashedPhone } from '../../src/tiktok';
import { emptyStore } from '../support/test-database';
import type { Answer, WebhookServer, WebhookServerOptions } from '../support/webhook-server';
import { genericPayment, nowMs, serveWebhooks, userTokenSecret } from '../support/webhook-server';
import { userToken } from '../../src/crypto/user-token';

const origin = 'https://shop.example.com';
const url = 'https://shop.example.com/landing?ttclid=E.C.P.click';
const keys = createUserKeys('a pepper for tests');
let store: Store;
let users = 0;
const servers: WebhookServer[] = [];

beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => store.close());

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, ...options });
  servers.push(server);
  return server;
}

/** A person whom no other test knows. */
function somebody(): string {
  users += 1;
  return `user-${users}`;
}

/** A page of this user, by the word of the merchant's server. */
function proven(userId: string): { readonly userId: string; readonly userToken: string } {
  return { userId, userToken: userToken(userTokenSecret, userId, nowMs + 60_000) };
}

function collect(server: WebhookServer, body: unknown, headers: Readonly<Record<string, string>> = {}, path = '/collect') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return server.post(path, text, { origin, 'content-type': 'text/plain', ...headers });
}

function ask(server: WebhookServer, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return collect(server, body, headers, '/collect/purchase');
}

function identityOf(userId: string, integration = 'default'): Promise<Identity> {
  return store.users.identity(integration, [keys.userId(integration, userId)]);
}

describe('POST /collect', () => {
  it('says nothing of an address that a proxy did not understand', async () => {
    const server = await serve({ app: { trustProxy: 1 } });
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const answer = await collect(server, { userId: somebody(), url }, { 'x-forwarded-for': 'anna@example.com' });
    expect([answer.status, said.mock.calls]).toEqual([204, []]);
    said.mockRestore();
  });

  it('keeps what TikTok matches by, hashed where it is personal, with the address and browser of the request', async () => {
    const server = await serve({ app: { trustProxy: 1 } });
    const userId = somebody();
    const visit = {
      ...{
        ...proven(userId),
        checkoutId: `c-${userId}`,
        ttclid: 'click-1',
        ttp: 'ttp-1',
        url,
        referrer: 'https://www.tiktok.com/',
      },
      ...{ email: ' Anna@Example.com ', phone: '+49 151 23456789', consent: 'granted', locale: 'de-DE' },
    };
    const answer = await collect(server, visit, { 'user-agent': 'Mozilla/5.0 (test)', 'x-forwarded-for': '203.0.113.7' });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(await identityOf(userId)).toEqual({
      emailSha256: hashedEmail('anna@example.com'),
      phoneSha256: hashedPhone('+4915123456789'),
      externalIdSha256: hashedExternalId(userId),
      ...{ ttclid: 'click-1', clickAtMs: expect.any(Number) as number, ttp: 'ttp-1' },
      ...{ ip: '203.0.113.7', userAgent: 'Mozilla/5.0 (test)', pageUrl: url, referrer: 'https://www.tiktok.com/' },
      ...{ locale: 'de-DE', consent: 'granted' },
    });
  });

  it('believes no proxy that it was not told of', async () => {
    const server = await serve();
    const userId = somebody();
    await collect(server, { userId, url }, { 'x-forwarded-for': '203.0.113.7' });
    expect((await identityOf(userId)).ip).toBeUndefined(); // the caller's own is 127.0.0.1, which says nothing
  });

  it.each([
    ['an e-mail', 'email', 'not an e-mail', 'emailSha256'],
    ['a phone number', 'phone', '12', 'phoneSha256'],
    ['an e-mail without a domain', 'email', 'anna@example', 'emailSha256'],
    ['a page', 'referrer', 'javascript:alert(1)', 'referrer'],
  ])('leaves out %s that is none, and keeps the rest', async (_what, field, junk, kept) => {
    const server = await serve();
    const userId = somebody();
    expect((await collect(server, { userId, url, ttclid: 'click-1', [field]: junk })).status).toBe(204);
    const identity = await identityOf(userId);
    expect(identity.ttclid).toBe('click-1');
    expect(identity).not.toHaveProperty(kept);
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['what is not JSON', '{"userId":'],
    ['an array', []],
    ['null', null],
    ['a text', '"user"'],
    ['a number for a user id', { userId: 5, url }],
    ['an object for an e-mail', { email: { $gt: '' }, url }],
    ['a list for a click id', { userId: 'u', url, ttclid: ['a'] }],
    ['no page', { userId: 'u' }],
    ['a number for the page', { userId: 'u', url: 5 }],
    ['nobody', { url, ttclid: 'click-1' }],
    ['a blank user id and nothing else', { userId: '  ', url }],
    ['a user id of 257 characters', { userId: 'u'.repeat(257), url }],
    ['a click id of 1,001 characters', { userId: 'u', url, ttclid: 'c'.repeat(1_001) }],
    ['a page of 4,097 characters', { userId: 'u', url: `https://e.com/${'p'.repeat(4_083)}` }],
    ['an e-mail of 321 characters', { email: `${'e'.repeat(310)}@example.co`, url }],
    ['a consent that is none', { userId: 'u', url, consent: 'maybe' }],
    ['a control character', { userId: 'u\u0000', url }],
  ])('refuses %s with 400', async (_what, body) => {
    const server = await serve();
    const answer = await collect(server, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(server.writes).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a checkout id with NUL', { checkoutId: 'chk\u0000-7' }],
    ['a checkout id with a line break', { checkoutId: 'chk\n7' }],
    ['a checkout id with half a surrogate', { checkoutId: 'chk-\ud83d' }],
    ['a checkout id of 3,000 characters', { checkoutId: 'c'.repeat(3_000) }],
    ['a checkout id that nobody filled in', { checkoutId: '{{checkout_id}}' }],
    ['a phone number with NUL', { phone: '+49\u0000151' }],
    ['an e-mail of 321 characters', { email: `${'e'.repeat(310)}@example.co` }],
    ['an e-mail with a line break', { email: 'a\nb@example.com' }],
    ['a click id with NUL', { ttclid: 'E.C\u0000' }],
    ['a visitor id with half a surrogate', { ttp: 'p\ud83d' }],
  ])('leaves out %s, and keeps the rest', async (_what, junk) => {
    const server = await serve();
    const userId = somebody();
    const answer = await collect(server, { ...proven(userId), url, locale: 'de-DE', ...junk });
    expect(answer.status).toBe(204);
    expect(await identityOf(userId)).toMatchObject({ externalIdSha256: hashedExternalId(userId), pageUrl: url, locale: 'de-DE' });
    expect(await identityOf(userId)).not.toHaveProperty('emailSha256');
    expect(await identityOf(userId)).not.toHaveProperty('ttp');
  });

  it.each(['0', 'guest', 'anonymous', '00000000-0000-0000-0000-000000000000', '(not set)'])(
    'takes the user id %j for none: it would make one person of all visitors',
    async (userId) => {
      const server = await serve();
      expect((await collect(server, { userId, url })).status).toBe(400);
      const email = `${somebody()}@example.com`;
      expect((await collect(server, { userId, email, url })).status).toBe(204);
      expect(await identityOf(userId)).toEqual({});
    },
  );

  it.each([
    ['203.0.113.7:51008', '203.0.113.7'],
    ['[2001:4860:4860::8888]:51008', '2001:4860:4860::8888'],
    ['[2001:4860:4860::8888]', '2001:4860:4860::8888'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['198.51.100.7:1, 203.0.113.8:2', '203.0.113.8'],
    ['unknown', undefined],
  ])('takes from the proxy’s %j the address %s', async (forwarded, ip) => {
    const server = await serve({ app: { trustProxy: 1 } });
    const userId = somebody();
    expect((await collect(server, { userId, url }, { 'x-forwarded-for': forwarded })).status).toBe(204);
    expect((await identityOf(userId)).ip).toBe(ip);
  });

  it('limits an address, whichever port its calls come from', async () => {
    const server = await serve({ app: { trustProxy: 1 }, collect: { collectPerMinute: 2 } });
    const from = async (forwarded: string) =>
      (await collect(server, { userId: somebody(), url }, { 'x-forwarded-for': forwarded })).status;
    expect([await from('203.0.113.9:1'), await from('203.0.113.9:2'), await from('203.0.113.9:3')]).toEqual([204, 204, 429]);
    expect(await from('203.0.113.10:3')).toBe(204);
    expect([await from('[2001:db8::1]:1'), await from('2001:db8::1'), await from('[2001:db8::1]:3')]).toEqual([204, 204, 429]);
  });

  it('takes a click id of 1,000 characters whole', async () => {
    const server = await serve();
    const userId = somebody();
    expect((await collect(server, { userId, url, ttclid: 'c'.repeat(1_000) })).status).toBe(204);
    expect((await identityOf(userId)).ttclid).toBe('c'.repeat(1_000));
  });

  it('refuses a body over 1 MB with 413, and what is too long in a smaller one with 400', async () => {
    const server = await serve();
    expect((await collect(server, { userId: 'u', url, more: 'm'.repeat(1_100_000) })).status).toBe(413);
    expect((await collect(server, { userId: 'u', url, ttclid: 'c'.repeat(900_000) })).status).toBe(400);
  });

  it('reads UTF-8 whatever the type says', async () => {
    const server = await serve();
    const userId = somebody();
    const answer = await collect(server, { userId, url, ttp: 'ü' }, { 'content-type': 'text/plain;charset=koi8-r' });
    expect(answer.status).toBe(204);
    expect((await identityOf(userId)).ttp).toBe('ü');
  });

  it('warns once of a proxy that nobody named', async () => {
    const server = await serve();
    for (let n = 0; n < 2; n += 1) await collect(server, { userId: somebody(), url }, { 'x-forwarded-for': '203.0.113.7' });
    expect(server.log.filter((line) => line.includes('TRUST_PROXY'))).toHaveLength(1);
    const told = await serve({ app: { trustProxy: 1 } });
    await collect(told, { userId: somebody(), url }, { 'x-forwarded-for': '203.0.113.7' });
    expect(told.log.filter((line) => line.includes('TRUST_PROXY'))).toEqual([]);
  });

  it('takes what it does not know, null and empty for absent', async () => {
    const server = await serve();
    const userId = somebody();
    const answer = await collect(server, { userId, checkoutId: null, email: '', url, phone: null, consent: null, extra: 1 });
    expect(answer.status).toBe(204);
    expect((await collect(server, { userId, url, consent: '' })).status).toBe(204);
  });

  it('answers 503 when the database is out of reach', async () => {
    const server = await serve({ visitors: { record: () => Promise.reject(new Error('gone')) } });
    const answer = await collect(server, { userId: 'u', url });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it('logs nothing of a visitor', async () => {
    const server = await serve({ visitors: { record: () => Promise.reject(new Error('gone')) } });
    await collect(server, { userId: 'user-secret', email: 'secret@example.com', url, ttclid: 'click-secret' });
    expect(server.log.join('')).not.toMatch(/secret/);
  });

  it('knows integrations apart', async () => {
    const server = await serve();
    const userId = somebody();
    await collect(server, { userId, url, ttclid: 'click-1' }, {}, '/collect?integration=other');
    expect((await identityOf(userId, 'other')).ttclid).toBe('click-1');
    expect((await identityOf(userId)).ttclid).toBeUndefined();
    expect((await collect(server, { userId, url }, {}, '/collect?integration=none')).status).toBe(404);
  });

  it('fills gaps, and the newer click wins, with the page that it led to', async () => {
    const server = await serve();
    const userId = somebody();
    const [a, b, c] = ['a', 'b', 'c'].map((page) => `https://shop.example.com/${page}`);
    await collect(server, { ...proven(userId), url: a, ttclid: 'click-1' });
    await collect(server, { ...proven(userId), url: b, ttp: 'ttp-1' });
    expect(await identityOf(userId)).toMatchObject({ pageUrl: a, ttclid: 'click-1', ttp: 'ttp-1' });
    await collect(server, { ...proven(userId), url: c, ttclid: 'click-2', ttp: 'ttp-2' });
    expect(await identityOf(userId)).toMatchObject({ pageUrl: c, ttclid: 'click-2', ttp: 'ttp-1' });
    await server.generic(genericPayment(`pay-${userId}`, { metadata: { user_id: userId, ttclid: 'click-of-the-provider' } }));
    expect(await identityOf(userId)).toMatchObject({ ttclid: 'click-2' });
  });

  describe('and consent', () => {
    const strict: Partial<Settings> = { consent: { denied: 'do_not_send', unknown: 'do_not_send' } };
    const visit = (userId: string, more: object = {}) => ({
      ...proven(userId),
      url,
      ttclid: 'click-1',
      email: `${userId}@example.com`,
      ...more,
    });

    it('a denial is kept, and nothing else', async () => {
      const server = await serve();
      const userId = somebody();
      await collect(server, visit(userId, { consent: 'denied' }));
      expect(await identityOf(userId)).toEqual({ consent: 'denied' });
    });

    it.each(['without_identity', 'do_not_send'] as const)(
      'nothing is kept of who has said nothing where that means %s',
      async (unknown) => {
        const server = await serve({ settings: { consent: { denied: 'do_not_send', unknown } } });
        const userId = somebody();
        await collect(server, visit(userId));
        expect(await identityOf(userId)).toEqual({});
      },
    );

    it.each(['send', 'limited_data_use'] as const)('all of it is where that means %s', async (unknown) => {
      const server = await serve({ settings: { consent: { denied: 'do_not_send', unknown } } });
      const userId = somebody();
      await collect(server, visit(userId));
      expect((await identityOf(userId)).ttclid).toBe('click-1');
    });

    it('is remembered: who granted it once need not say so again', async () => {
      const server = await serve({ settings: strict });
      const userId = somebody();
      await collect(server, { ...proven(userId), url: 'https://shop.example.com/', consent: 'granted' });
      await collect(server, visit(userId));
      expect((await identityOf(userId)).ttclid).toBe('click-1');
    });

    it('granted later, what comes then is kept; denied again, nothing more is', async () => {
      const server = await serve({ settings: strict });
      const userId = somebody();
      await collect(server, visit(userId, { consent: 'denied' }));
      await collect(server, visit(userId, { consent: 'granted' }));
      expect(await identityOf(userId)).toMatchObject({ ttclid: 'click-1', consent: 'granted' });
      await collect(server, { ...proven(userId), url, consent: 'denied', ttp: 'ttp-1' });
      expect(await identityOf(userId)).toMatchObject({ consent: 'denied' });
      expect((await identityOf(userId)).ttp).toBeUndefined();
    });
  });
});

describe('pages of other origins', () => {
  it.each([
    'https://evil.example',
    'http://shop.example.com',
    'https://shop.example.com:8443',
    'null',
    'https://xshop.example.com',
  ])('%s: 403, nothing kept, and no permission to read it', async (foreign) => {
    const server = await serve();
    for (const path of ['/collect', '/collect/purchase']) {
      const answer = await collect(server, { userId: 'u', checkoutId: 'c', url }, { origin: foreign }, path);
      expect(answer.status).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(server.writes).toEqual([]);
    expect([...server.tallied()].sort()).toEqual([
      ...['page_calls  collect 403', 'page_calls  purchase 403'],
      ...[`refused_origins  ${foreign}`, `refused_origins  ${foreign}`],
    ]);
    expect(server.lines(`${foreign} is not in ALLOWED_ORIGINS: its pages may not call`)).toHaveLength(1);
  });

  it('are counted, and told once each, whatever they say that they are', async () => {
    const server = await serve();
    for (const foreign of ['https://evil.example', 'https://evil.example', 'a\tb', 'x'.repeat(201)])
      await collect(server, { userId: 'u', url }, { origin: foreign });
    const origins = server.tallied().filter((line) => line.startsWith('refused_origins'));
    expect(origins).toEqual([
      ...['refused_origins  https://evil.example', 'refused_origins  https://evil.example'],
      ...['refused_origins  (not an origin)', 'refused_origins  (not an origin)'],
    ]);
    expect(server.log.filter((line) => line.includes('ALLOWED_ORIGINS'))).toHaveLength(2);
  });

  it('ours may call, by name and never by a wildcard', async () => {
    const server = await serve();
    const answer = await collect(server, { userId: somebody(), url });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('preflights are answered: ours with what it may do, others with 403', async () => {
    const server = await serve();
    const preflight = (from: string) =>
      fetch(`${server.url}/collect/purchase`, {
        method: 'OPTIONS',
        headers: {
          origin: from,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,traceparent',
        },
      });
    const ours = await preflight(origin);
    expect(ours.status).toBe(204);
    expect(ours.headers.get('access-control-allow-methods')).toBe('POST');
    expect(ours.headers.get('access-control-allow-headers')).toBe('content-type,traceparent');
    expect((await preflight('https://evil.example')).status).toBe(403);
  });

  it('a caller without an origin is no page', async () => {
    const server = await serve();
    const answer = await server.post('/collect', JSON.stringify({ userId: somebody(), url }));
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('too much', () => {
  it('is 429 for that address, and other routes go on', async () => {
    const server = await serve({ collect: { collectPerMinute: 3 } });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await collect(server, { userId: somebody(), url })).status);
    expect(statuses).toEqual([204, 204, 204, 429, 429]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await server.generic(genericPayment('pay_after_limit'))).status).toBe(200);
  });

  it('and every refusal is counted, so that an operator sees it', async () => {
    const server = await serve({ collect: { collectPerMinute: 1 } });
    await collect(server, { userId: somebody(), url });
    await collect(server, { userId: somebody(), url });
    await collect(server, { userId: 'u', url }, { origin: 'https://evil.example' });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const status of [204, 429, 403])
      expect(metrics).toContain(`relay_page_calls_total{integration="default",route="collect",status="${status}"} 1`);
  });

  it('is counted by the visitor’s address behind a proxy', async () => {
    const server = await serve({ collect: { collectPerMinute: 1 }, app: { trustProxy: 1 } });
    const from = (ip: string) => collect(server, { userId: somebody(), url }, { 'x-forwarded-for': ip });
    expect([(await from('203.0.113.1')).status, (await from('203.0.113.2')).status]).toEqual([204, 204]);
    expect((await from('203.0.113.1')).status).toBe(429);
  });
});

describe('the cookie that the server sets', () => {
  const withCookie = { collect: { cookieDomain: 'example.com' } };

  it('keeps the click id for the whole site', async () => {
    const server = await serve(withCookie);
    const answer = await collect(server, { userId: somebody(), url, ttclid: 'click-1' });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^ttclid=click-1; Max-Age=7776000; Domain=example\.com; Path=\/; Expires=[^;]+; Secure; SameSite=Lax$/,
    );
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it.each([
    ['no click id', {}],
    ['a macro that nobody filled in', { ttclid: '__CLICKID__' }],
  ])('is not set for %s', async (_what, more) => {
    const server = await serve(withCookie);
    const answer = await collect(server, { userId: somebody(), url, ...more });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it('is taken back from who denies, and not set where nothing may be known', async () => {
    const server = await serve(withCookie);
    const denied = await collect(server, { userId: somebody(), url, consent: 'denied' });
    expect(denied.headers.get('set-cookie')).toMatch(/^ttclid=; Domain=example\.com; Path=\/; Expires=Thu, 01 Jan 1970/);
    const strict = await serve({ ...withCookie, settings: { consent: { denied: 'send', unknown: 'without_identity' } } });
    const unstated = await collect(strict, { userId: somebody(), url, ttclid: 'click-1' });
    expect(unstated.headers.get('set-cookie')).not.toContain('click-1');
    const allowed = await collect(strict, { userId: somebody(), url, ttclid: 'click-1', consent: 'denied' });
    expect(allowed.headers.get('set-cookie')).toContain('ttclid=click-1');
  });

  it('is not set unless the configuration says where', async () => {
    const server = await serve();
    const answer = await collect(server, { userId: somebody(), url, ttclid: 'click-1' });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe('POST /collect/purchase', () => {
  const limited: Partial<WebhookServerOptions> = { settings: { limitPurchaseEvents: true } };

  describe('where only buyers from TikTok count', () => {
    const attributed: Partial<WebhookServerOptions> = { settings: { attributedOnly: true } };
    const sends = async (server: WebhookServer, body: object): Promise<boolean> =>
      ((await ask(server, body)).body as { send: boolean }).send;

    it('is no to who never came from it, whatever the page takes for a click id', async () => {
      const server = await serve(attributed);
      const userId = somebody();
      const checkoutId = `c-${userId}`;
      await collect(server, { userId, checkoutId, url: 'https://shop.example.com/' });
      expect(await sends(server, { userId, checkoutId })).toBe(false);
      for (const junk of ['', '__CLICKID__', 'x'.repeat(1_001)]) {
        await collect(server, { userId, checkoutId, url: 'https://shop.example.com/', ttclid: junk });
        expect(await sends(server, { userId, checkoutId })).toBe(false);
      }
    });

    it('is yes to who came with a click before: on this checkout, or as this user', async () => {
      const server = await serve(attributed);
      const [one, two] = [somebody(), somebody()];
      await collect(server, { checkoutId: `c-${one}`, url, ttclid: 'click-1' });
      expect(await sends(server, { checkoutId: `c-${one}` })).toBe(true);
      await collect(server, { ...proven(two), url, ttclid: 'click-1' });
      expect(await sends(server, { ...proven(two), checkoutId: `c-${two}` })).toBe(true);
    });

    it('is yes to a proven user of whom only a page without proof told the click, as on the server', async () => {
      const server = await serve(attributed);
      const userId = somebody();
      await collect(server, { userId, url, ttclid: 'click-1' });
      expect((await identityOf(userId)).ttclid).toBe('click-1');
      expect(await sends(server, { ...proven(userId), checkoutId: `c-${userId}` })).toBe(true);
    });

    it('tells a stranger nothing of who came from an ad', async () => {
      const server = await serve(attributed);
      const userId = somebody();
      await collect(server, { ...proven(userId), url, ttclid: 'click-1' });
      await collect(server, { userId, url, ttclid: 'click-1' });
      expect(await sends(server, { userId, checkoutId: `c-of-a-stranger-${userId}` })).toBe(false);
    });

    it('is yes to the buyer of an order whose provider brought the click', async () => {
      const server = await serve(attributed);
      const userId = somebody();
      const metadata = { user_id: userId, checkout_id: `c-${userId}`, ttclid: 'click-1' };
      await server.generic(genericPayment(`pay-${userId}`, { metadata }));
      expect(await sends(server, { checkoutId: `c-${userId}` })).toBe(true);
    });

    it('is no without consent to know the click', async () => {
      const consent = { denied: 'do_not_send', unknown: 'without_identity' } as const;
      const server = await serve({ settings: { attributedOnly: true, consent } });
      expect(await sends(server, { checkoutId: `c-${somebody()}`, ttclid: 'click-1' })).toBe(false);
    });
  });

  it('says yes to a first purchase, under the checkout’s id', async () => {
    const server = await serve();
    const userId = somebody();
    const answer = await ask(server, { userId, checkoutId: `c-${userId}` });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ send: true, eventId: `c-${userId}`, eventName: 'CompletePayment' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('says what the pixel is to report of what the page says is bought, renamed, and of whom', async () => {
    const server = await serve({
      settings: { products: { price_1: { id: 'premium', name: 'Premium', predictedLtv: '89.00' } } },
    });
    const contents = [
      { content_id: 'price_1', quantity: 1, price: 19.99 },
      { content_id: 7, content_name: 'Add-on', quantity: -1, price: '1.50' },
      { content_id: null, price: 5 },
      'price_2',
    ];
    const userId = somebody();
    const { body } = await ask(server, { userId, checkoutId: `c-${userId}`, contents, currency: 'usd' });
    expect(body).toMatchObject({
      properties: {
        content_type: 'product',
        contents: [
          { content_id: 'premium', content_name: 'Premium', quantity: 1, price: 19.99 },
          { content_id: '7', content_name: 'Add-on', quantity: 1, price: 1.5 },
        ],
        content_ids: ['premium', '7'],
        num_items: 2,
        predicted_ltv: 89,
      },
    });
    // Who they are is not proven: whether they have bought is neither known nor told.
    expect(body).not.toHaveProperty('properties.customer_type');
  });

  it.each<[string, unknown, unknown, object]>([
    ['an empty list', [], 'USD', {}],
    ['no list at all', 'price_1', 'USD', {}],
    ['nothing but junk', [null, 1, { content_id: '' }], 'USD', {}],
    [
      'no currency',
      [{ content_id: 'a', price: 5 }],
      undefined,
      { contents: [{ content_id: 'a', quantity: 1 }], content_ids: ['a'], num_items: 1 },
    ],
    [
      'a currency that is none',
      [{ content_id: 'a', price: 5 }],
      'XYZ1',
      { contents: [{ content_id: 'a', quantity: 1 }], content_ids: ['a'], num_items: 1 },
    ],
  ])('takes %s, and never says an empty list', async (_what, contents, currency, said) => {
    const server = await serve();
    const userId = somebody();
    const { status, body } = await ask(server, { userId, checkoutId: `c-${userId}`, contents, currency });
    expect(status).toBe(200);
    expect((body as { properties?: object }).properties).toEqual({ content_type: 'product', ...said });
  });

  it('calls a proven user new, and returning where another checkout holds the first purchase', async () => {
    const server = await serve();
    const userId = somebody();
    const first = await ask(server, { ...proven(userId), checkoutId: `c1-${userId}`, contents: [] });
    expect(first.body).toMatchObject({ send: true, properties: { customer_type: 'new' } });
    const second = await ask(server, { ...proven(userId), checkoutId: `c2-${userId}`, contents: [] });
    expect(second.body).toMatchObject({ send: true, properties: { customer_type: 'returning' } });
  });

  it('tells a stranger nothing of a user who has bought', async () => {
    const server = await serve();
    const userId = somebody();
    await ask(server, { ...proven(userId), checkoutId: `c1-${userId}`, contents: [] });
    const { body } = await ask(server, { userId, checkoutId: `eve-${userId}`, contents: [] });
    expect(body).toMatchObject({ send: true, properties: { content_type: 'product' } });
    expect(body).not.toHaveProperty('properties.customer_type');
  });

  it('calls who reported another checkout before returning', async () => {
    const server = await serve();
    const userId = somebody();
    await ask(server, { userId, checkoutId: `c1-${userId}`, contents: [] });
    const { body } = await ask(server, { userId, checkoutId: `c2-${userId}`, contents: [] });
    expect(body).toMatchObject({ send: true, properties: { customer_type: 'returning' } });
  });

  it('no to a trial’s start that is held', async () => {
    const { policy } = presets.qualified_trials;
    const server = await serve({ settings: { policy } });
    const userId = somebody();
    const of = (purchaseType: string) => ask(server, { userId, checkoutId: `c-${purchaseType}-${userId}`, purchaseType });
    expect((await of('free_trial')).body).toMatchObject({ send: false });
    expect((await of('subscription')).body).toMatchObject({ send: true });
  });

  it('with only buyers from TikTok: no without a click id, yes once a page of this checkout said one', async () => {
    const server = await serve({ settings: { attributedOnly: true } });
    const userId = somebody();
    const checkoutId = `c-${userId}`;
    expect((await ask(server, { userId, checkoutId })).body).toMatchObject({ send: false });
    await collect(server, { userId, checkoutId, url: 'https://shop.example/', ttclid: 'E.C.P.1' });
    expect((await ask(server, { userId, checkoutId })).body).toMatchObject({ send: true });
    expect((await ask(server, { userId, checkoutId: `other-${userId}` })).body).toMatchObject({ send: false });
  });

  it('under the name of the cell', async () => {
    const server = await serve({ settings: { policy: presets.split.policy } });
    const userId = somebody();
    const { body } = await ask(server, { userId, checkoutId: `c-${userId}`, purchaseType: 'free_trial' });
    expect(body).toMatchObject({ send: true, eventName: 'StartTrial' });
  });

  it('with the limit on: once per user, the same answer again, no to another checkout', async () => {
    const server = await serve(limited);
    const userId = somebody();
    const first = await ask(server, { userId, checkoutId: `c1-${userId}` });
    expect(first.body).toMatchObject({ send: true });
    expect((await ask(server, { userId, checkoutId: `c1-${userId}` })).body).toEqual(first.body);
    expect((await ask(server, { userId, checkoutId: `c2-${userId}` })).body).toMatchObject({ send: false });
    expect((await ask(server, { userId, checkoutId: `c3-${userId}`, purchaseType: 'free_trial' })).body).toMatchObject({
      send: true,
    });
  });

  it('with the limit on: of many at once, one', async () => {
    const server = await serve(limited);
    const userId = somebody();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => ask(server, { userId, checkoutId: `c${n}-${userId}` })),
    );
    expect(answers.filter(({ body }) => (body as { send: boolean }).send)).toHaveLength(1);
  });

  it('knows the buyer by e-mail too', async () => {
    const server = await serve(limited);
    const userId = somebody();
    const email = `${userId}@example.com`;
    await ask(server, { email: email.toUpperCase(), checkoutId: `c1-${userId}` });
    expect((await ask(server, { email, checkoutId: `c2-${userId}` })).body).toMatchObject({ send: false });
  });

  it('the order that comes takes the checkout over, though its provider knows the user id only', async () => {
    const server = await serve();
    const userId = somebody();
    await ask(server, { userId, checkoutId: `c-${userId}` });
    await server.generic(genericPayment(`pay-${userId}`, { metadata: { user_id: userId } }));
    expect(server.signals.map(([, { accepted }]) => accepted.checkoutId)).toEqual([`c-${userId}`]);
  });

  it('the order that came first gives its event id', async () => {
    const server = await serve();
    const userId = somebody();
    await server.generic(genericPayment(`pay-${userId}`, { metadata: { user_id: userId } }));
    const { body } = await ask(server, { ...proven(userId), checkoutId: `c-${userId}` });
    expect(body).toMatchObject({ send: true, eventId: `generic:pay-${userId}` });
  });

  it('no while sends are paused: the server reports it when they go on', async () => {
    const server = await serve({ settings: { paused: true } });
    const userId = somebody();
    expect((await ask(server, { userId, checkoutId: `c-${userId}` })).body).toMatchObject({ send: false });
  });

  it('yes where an unknown visitor turned out to be a known one', async () => {
    const server = await serve();
    const userId = somebody();
    const page = { checkoutId: `c-${userId}`, url: 'https://shop.example.com/' };
    await collect(server, { ...page, ttclid: 'click-1' });
    await collect(server, { ...page, ...proven(userId) });
    expect((await ask(server, { userId, checkoutId: `c-${userId}` })).body).toMatchObject({ send: true });
    expect((await identityOf(userId)).ttclid).toBe('click-1');
  });

  it('no to who denied consent', async () => {
    const server = await serve();
    const userId = somebody();
    await collect(server, { userId, url, consent: 'denied' });
    expect((await ask(server, { userId, checkoutId: `c-${userId}` })).body).toMatchObject({ send: false });
  });

  it.each<[string, unknown]>([
    ['no checkout', { userId: 'u' }],
    ['a blank checkout', { userId: 'u', checkoutId: ' ' }],
    ['a number for the checkout', { userId: 'u', checkoutId: 5 }],
    ['a checkout of 201 characters', { checkoutId: 'c'.repeat(201) }],
    ['a purchase type that is none', { checkoutId: 'c', purchaseType: 'gift' }],
    ['what is not JSON', 'checkoutId=c'],
    ['an array', [{ checkoutId: 'c' }]],
  ])('refuses %s with 400', async (_what, body) => {
    const server = await serve();
    expect((await ask(server, body)).status).toBe(400);
    expect(server.writes).toEqual([]);
  });

  it('answers 503 when the database is out of reach', async () => {
    const server = await serve({ visitors: { authorizePurchase: () => Promise.reject(new Error('gone')) } });
    expect((await ask(server, { checkoutId: 'c' })).status).toBe(503);
  });
});
