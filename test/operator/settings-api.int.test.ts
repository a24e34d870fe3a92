import { defaultSettings } from '../../src/domain/settings';
import { settingsView } from '../../src/operator/settings-document';
import type { Store } from '../../src/store';
import type { Api, ApiOptions } from '../support/api-server';
import { nowMs, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

let store: Store;
const apis: Api[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(() => Promise.all(apis.splice(0).map((api) => api.close())));
afterAll(() => store.close());

async function api(options: Omit<ApiOptions, 'store'> & { readonly store?: Store }): Promise<Api> {
  const served = await serveApi({ store, ...options });
  apis.push(served);
  return served;
}

describe('settings over HTTP', () => {
  it('begin with the initial ones, as version 1, with their version as ETag', async () => {
    const { call } = await api({ integrations: ['begin'] });
    const { status, headers, body } = await call('GET', '/api/settings');
    expect(status).toBe(200);
    expect(body).toEqual(settingsView(defaultSettings));
    expect(headers.get('etag')).toBe('"1"');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it.each(['application/json', 'application/merge-patch+json', 'application/json; charset=utf-8'])(
    'are changed by a merge patch as %s',
    async (contentType) => {
      const integration = `type-${contentType.length}`;
      const { call } = await api({ integrations: [integration] });
      const { status, headers, body } = await call('PATCH', '/api/settings', { paused: true }, { 'content-type': contentType });
      expect([status, headers.get('etag'), body.version, body.paused]).toEqual([200, '"2"', 2, true]);
      expect((await call('GET', '/api/settings')).body).toEqual(body);
    },
  );

  it('a change is told and audited by the names of its fields', async () => {
    const { call, telemetry, audit } = await api({ integrations: ['told'] });
    await call('PATCH', '/api/settings', { accessToken: 'new-secret', prices: { price_1: 'trial' } });
    expect(telemetry).toEqual([{ integration: 'told', version: 2, by: 'api', fields: ['prices', 'accessToken'] }]);
    expect(audit).toEqual([
      {
        integration: 'told',
        atMs: nowMs,
        by: 'api',
        action: 'settings.change',
        target: 'version 2: prices, accessToken',
        reason: null,
      },
    ]);
  });

  it('a patch that changes nothing makes no version', async () => {
    const { call, telemetry } = await api({ integrations: ['nothing'] });
    const { body } = await call('GET', '/api/settings');
    expect((await call('PATCH', '/api/settings', body)).headers.get('etag')).toBe('"1"');
    expect(telemetry).toEqual([]);
  });

  it('the token is in no answer, whatever is asked', async () => {
    const { call, logged } = await api({ integrations: ['secret'], initial: { accessToken: 'S3CRET', pixelCode: 'C4A1B2C3D4' } });
    const answers = [
      await call('GET', '/api/settings'),
      await call('PATCH', '/api/settings', { paused: true }),
      await call('PATCH', '/api/settings', { accessToken: 'S3CRET with a space' }),
      await call('PATCH', '/api/settings', '{"accessToken": "S3CRET'),
      await call('POST', '/api/settings/check', {}),
      await call('POST', '/api/settings/check', { accessToken: 'S3CRET2' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422, 400, 200, 200]);
    expect([...answers.map(({ text }) => text), ...logged].join()).not.toContain('S3CRET');
    expect(answers[0]?.body.accessToken).toEqual({ present: true });
  });

  it('a patch that is wrong changes nothing and names each field', async () => {
    const { call, telemetry } = await api({ integrations: ['wrong'] });
    const patch = { paused: true, policy: { subscription: { renewal: { send: 'no' } } }, maxEventAgeHours: -1 };
    const { status, headers, body } = await call('PATCH', '/api/settings', patch);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({
      status: 422,
      errors: [
        { path: 'policy.subscription.renewal.send', message: 'must be true or false' },
        { path: 'maxEventAgeHours', message: 'must be a whole number of hours from 1 to 8760 (a year)' },
      ],
    });
    expect((await call('GET', '/api/settings')).body).toEqual(settingsView(defaultSettings));
    expect(telemetry).toEqual([]);
  });

  it('a test event code is refused in production mode', async () => {
    const { call } = await api({ integrations: ['live'], liveMode: true });
    const { status, body } = await call('PATCH', '/api/settings', { testEventCode: 'TEST1' });
    expect([status, body.errors[0].path]).toEqual([422, 'testEventCode']);
  });

  it.each([
    ['not JSON', '{', 400, 'application/json'],
    ['a list', '[]', 422, 'application/json'],
    ['a word', '"paused"', 400, 'application/json'],
    ['nothing', undefined, 422, 'application/json'],
    ['a form', 'paused=true', 415, 'application/x-www-form-urlencoded'],
    ['over 1 MB', JSON.stringify({ pixelCode: 'x'.repeat(1_100_000) }), 413, 'application/json'],
  ])('a body that is %s is a problem', async (_what, body, status, contentType) => {
    const { call } = await api({ integrations: ['junk'] });
    const answer = await call('PATCH', '/api/settings', body, body === undefined ? {} : { 'content-type': contentType });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ type: 'about:blank', status });
  });
});

describe('who changes settings at the same time', () => {
  it('is told the newest version when the one in If-Match is older', async () => {
    const { call } = await api({ integrations: ['match'] });
    expect((await call('PATCH', '/api/settings', { paused: true }, { 'if-match': '"1"' })).status).toBe(200);
    const { status, body } = await call('PATCH', '/api/settings', { paused: false }, { 'if-match': '"1"' });
    expect([status, body.version]).toEqual([409, 2]);
    expect((await call('GET', '/api/settings')).body.paused).toBe(true);
    expect((await call('PATCH', '/api/settings', { paused: false }, { 'if-match': 'W/"2"' })).status).toBe(200);
  });

  it.each([
    ['*', 200],
    ['"7", "1"', 200],
    ['"0"', 409],
    ['1', 400],
    ['"one"', 400],
  ])('If-Match: %s is answered with %d', async (header, status) => {
    const { call } = await api({ integrations: [`if-${header.replace(/\W/g, '')}${status}`] });
    expect((await call('PATCH', '/api/settings', { paused: true }, { 'if-match': header })).status).toBe(status);
  });

  it('another process sees the change at once when it is asked, and compares with it', async () => {
    const [one, other] = [await api({ integrations: ['two'] }), await api({ integrations: ['two'] })];
    await other.call('GET', '/api/settings');
    await one.call('PATCH', '/api/settings', { paused: true });
    expect((await other.call('GET', '/api/settings')).body.paused).toBe(true);
    expect((await other.call('PATCH', '/api/settings', { sendZeroValue: true }, { 'if-match': '"2"' })).status).toBe(200);
  });

  it('loses nothing without If-Match: each patch goes on top of the other', async () => {
    const { call } = await api({ integrations: ['race'] });
    const patches = [{ paused: true }, { sendZeroValue: true }, { limitPurchaseEvents: true }, { maxEventAgeHours: 24 }];
    const answers = await Promise.all(patches.map((patch) => call('PATCH', '/api/settings', patch)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const { body } = await call('GET', '/api/settings');
    expect(body).toMatchObject({
      version: 5,
      paused: true,
      sendZeroValue: true,
      limitPurchaseEvents: true,
      maxEventAgeHours: 24,
    });
  });
});

describe('several integrations', () => {
  it('are told apart by ?integration=, and an unknown one is not found', async () => {
    const { call } = await api({ integrations: ['default', 'shop'] });
    await call('PATCH', '/api/settings?integration=shop', { paused: true });
    expect((await call('GET', '/api/settings?integration=shop')).body.paused).toBe(true);
    expect((await call('GET', '/api/settings')).body.paused).toBe(false);
    for (const [method, path] of [
      ['GET', '/api/settings'],
      ['PATCH', '/api/settings'],
      ['POST', '/api/settings/check'],
      ['GET', '/api/purchases'],
      ['GET', '/api/subscriptions/stripe/sub_1'],
      ['POST', '/api/subscriptions/stripe/sub_1/purchases/in_1/resend'],
      ['POST', '/api/attention/resend'],
      ['GET', '/api/users/u1'],
      ['GET', '/api/quarantine'],
    ] as const) {
      expect((await call(method, `${path}?integration=other`)).status).toBe(404);
    }
    expect((await call('GET', '/api/settings?integration=shop&integration=default')).status).toBe(404);
  });

  it('must be named when none is the default', async () => {
    const { call } = await api({ integrations: ['shop-a', 'shop-b'] });
    const { status, body } = await call('GET', '/api/settings');
    expect([status, body.detail]).toEqual([400, 'integration must be one of shop-a, shop-b']);
  });
});

describe('the connection check', () => {
  const credentials = { pixelCode: 'C4A1B2C3D4', accessToken: 'stored-token' };

  it('sends one marked event of nobody with the stored credentials and shows what TikTok says', async () => {
    const { call, tracked } = await api({ integrations: ['check'], initial: { ...credentials, testEventCode: 'TEST1' } });
    const { status, body } = await call('POST', '/api/settings/check');
    expect([status, body]).toEqual([
      200,
      {
        ...{ ok: true, outcome: 'accepted', code: 0, message: 'OK', destination: 'test' },
        ...{ requestId: 'req-1', request_id: 'req-1' },
      },
    ]);
    expect(tracked).toEqual([
      {
        credentials: { baseUrl: 'https://tiktok.example', accessToken: 'stored-token' },
        body: {
          event_source: 'web',
          event_source_id: 'C4A1B2C3D4',
          test_event_code: 'TEST1',
          data: [
            {
              event: 'RelayConnectionCheck',
              event_time: nowMs / 1000,
              event_id: `connection-check:${nowMs}`,
              user: { ip: '203.0.113.9', user_agent: 'tiktok-purchase-relay connection check' },
              page: { url: 'https://relay.example.com' },
              properties: { content_type: 'product' },
            },
          ],
        },
      },
    ]);
  });

  it('tries given credentials without keeping them, with a test code in production too', async () => {
    const { call, tracked } = await api({ integrations: ['given'], initial: credentials, liveMode: true });
    await call('POST', '/api/settings/check', { pixelCode: 'C9GIVEN000', accessToken: 'given-token', testEventCode: 'TEST2' });
    expect(tracked[0]?.credentials.accessToken).toBe('given-token');
    expect(tracked[0]?.body).toMatchObject({ event_source_id: 'C9GIVEN000', test_event_code: 'TEST2' });
    expect((await call('GET', '/api/settings')).body).toMatchObject({ version: 1, pixelCode: 'C4A1B2C3D4', testEventCode: null });
  });

  it('tells a refusal as TikTok words it', async () => {
    const outcome = { kind: 'unauthorized', code: 40105, message: 'Access token is incorrect', requestId: 'req-9' } as const;
    const { call } = await api({ integrations: ['refused'], initial: credentials, outcome });
    expect((await call('POST', '/api/settings/check')).body).toEqual({
      ok: false,
      outcome: 'unauthorized',
      code: 40105,
      message: 'Access token is incorrect',
      destination: 'tiktok',
      requestId: 'req-9',
      request_id: 'req-9',
    });
  });

  it('says plainly that the sandbox answered, and not TikTok', async () => {
    const target = () => ({ baseUrl: 'http://127.0.0.1', pixelCode: 'SANDBOX', accessToken: 'of-the-sandbox' });
    const { call } = await api({ integrations: ['sandbox'], api: { target } });
    const { body } = await call('POST', '/api/settings/check');
    expect(body).toMatchObject({ ok: true, destination: 'sandbox' });
    expect(body.message).toBe('OK (from the built-in sandbox: no pixel is set, so TikTok was not asked and receives nothing)');
  });

  it('says what is missing instead of sending', async () => {
    const { call, tracked } = await api({ integrations: ['missing'], initial: { ...credentials, accessToken: null } });
    expect((await call('POST', '/api/settings/check')).body).toMatchObject({ ok: false, message: 'no access token is set' });
    expect((await call('POST', '/api/settings/check', { pixelCode: null })).body.message).toBe('no pixel code is set');
    expect(tracked).toEqual([]);
  });

  it.each([
    [{ pixelCode: 'not a pixel' }, 'pixelCode'],
    [{ accessToken: '' }, 'accessToken'],
    [{ paused: true }, 'paused'],
  ])('refuses %j, naming the field', async (given, path) => {
    const { call, tracked } = await api({ integrations: ['bad-check'], initial: credentials });
    const { status, body } = await call('POST', '/api/settings/check', given);
    expect([status, body.errors[0].path, tracked]).toEqual([422, path, []]);
  });
});
