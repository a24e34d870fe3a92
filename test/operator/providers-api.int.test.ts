/** `/api/providers`, `/api/sample`, `/api/setup` over HTTP and a real store. */
import type { Store } from '../../src/store';
import { type Api, operatorToken, serveApi, viewerToken } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const signingSecret = 'whsec_of_the_endpoint';

let store: Store;
let api: Api;
let delivered: Record<string, unknown>[];

beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  delivered = [];
  api = await serveApi({
    store,
    providers: {
      configured: { paddle: ['pdl_of_the_environment'] },
      deliver: async (_, body) => {
        delivered.push(body as Record<string, unknown>);
        return 200;
      },
    },
  });
});
afterEach(() => api.close());

interface Shown {
  readonly psp: string;
  readonly on: boolean;
  readonly secrets: readonly { readonly id: string; readonly from: string }[];
}
const providerOf = async (psp: string): Promise<Shown> => {
  const { body } = await api.call('GET', '/api/providers');
  const found = (body.items as Shown[]).find((item) => item.psp === psp);
  if (!found) throw new Error(`no ${psp}`);
  return found;
};

describe('secrets of providers', () => {
  it('switch a provider on, are never shown, and can be removed', async () => {
    expect(await providerOf('stripe')).toMatchObject({
      on: false,
      secrets: [],
      endpoint: 'https://relay.example.com/webhooks/stripe',
    });
    const added = await api.call('POST', '/api/providers/stripe/secrets', { kind: 'webhook', secret: ` ${signingSecret}\n` });
    expect([added.status, added.body]).toEqual([
      201,
      expect.objectContaining({ kind: 'webhook', from: 'console', addedBy: 'api' }),
    ]);
    const list = await api.call('GET', '/api/providers');
    expect(list.text).not.toContain(signingSecret);
    expect(list.text).not.toContain('pdl_of_the_environment');
    expect(await providerOf('stripe')).toMatchObject({ on: true, secrets: [{ id: added.body.id }] });
    expect((await store.providerSecrets.all()).map(({ secret }) => secret)).toEqual([signingSecret]);
    expect((await api.call('DELETE', `/api/providers/stripe/secrets/${added.body.id}`)).status).toBe(204);
    expect(await providerOf('stripe')).toMatchObject({ on: false, secrets: [] });
    expect((await api.call('DELETE', `/api/providers/stripe/secrets/${added.body.id}`)).status).toBe(404);
    expect(api.audit.map(({ action, by }) => `${action} ${by}`)).toEqual(['secret.add api', 'secret.remove api']);
    expect(JSON.stringify(api.audit)).not.toContain(signingSecret);
  });

  it('are two where one text verifies webhooks and asks the API: each is removed alone', async () => {
    const add = async (kind: string) =>
      (await api.call('POST', '/api/providers/solidgate/secrets', { kind, secret: 'public_key:secret_key' })).body;
    const [webhook, key] = [await add('webhook'), await add('api')];
    expect([webhook.kind, key.kind]).toEqual(['webhook', 'api']);
    expect((await api.call('DELETE', `/api/providers/solidgate/secrets/${key.id}`)).status).toBe(204);
    expect(await providerOf('solidgate')).toMatchObject({ on: true, secrets: [{ id: webhook.id, kind: 'webhook' }] });
    await api.call('DELETE', `/api/providers/solidgate/secrets/${webhook.id}`);
  });

  it.each([
    ['an API key in place of Stripe’s signing secret', 'stripe', 'webhook', 'sk_live_abc', /begins with whsec_/],
    ['a short secret of the generic webhook', 'generic', 'webhook', 'hello', /base64|24 bytes/],
    ['Solidgate’s secret without its public part', 'solidgate', 'webhook', 'abc', /public:secret/],
    ['several at once', 'paddle', 'webhook', 'a1,b2', /comma/],
    ['a key of an API that nobody asks', 'generic', 'api', 'key', /no API/],
  ])('refuses %s with the rule, and repeats nothing', async (_, psp, kind, secret, rule) => {
    const { status, body, text } = await api.call('POST', `/api/providers/${psp}/secrets`, { kind, secret });
    expect([status, body.errors[0].message]).toEqual([422, expect.stringMatching(rule)]);
    if (secret.length > 5) expect(text).not.toContain(secret);
  });

  it('of the environment cannot be added again or removed here', async () => {
    const again = await api.call('POST', '/api/providers/paddle/secrets', { kind: 'webhook', secret: 'pdl_of_the_environment' });
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining('PADDLE_WEBHOOK_SECRETS')]);
    const { secrets } = await providerOf('paddle');
    expect((await api.call('DELETE', `/api/providers/paddle/secrets/${secrets[0]?.id ?? ''}`)).status).toBe(409);
    expect((await api.call('GET', `/api/providers/paddle/secrets/${secrets[0]?.id ?? ''}`)).status).toBe(404);
  });

  it('refuses a test key and a weak secret in live mode, and an unknown provider', async () => {
    const live = await serveApi({ store, liveMode: true });
    const refused = await live.call('POST', '/api/providers/stripe/secrets', { kind: 'api', secret: 'rk_test_abc' });
    expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining('LIVE_MODE')]);
    const weak = await live.call('POST', '/api/providers/paddle/secrets', { kind: 'webhook', secret: 'paddle' });
    expect([weak.status, weak.body.detail]).toEqual([422, expect.stringContaining('is weak: LIVE_MODE=true wants 128 bits')]);
    expect((await live.call('POST', '/api/providers/nope/secrets', { kind: 'api', secret: 'x' })).status).toBe(404);
    await live.close();
  });

  it('is for operators', async () => {
    const asViewer = { authorization: `Bearer ${viewerToken}` };
    const add = { kind: 'webhook', secret: signingSecret };
    expect((await api.call('POST', '/api/providers/stripe/secrets', add, asViewer)).status).toBe(403);
    expect((await api.call('GET', '/api/providers', undefined, asViewer)).status).toBe(200);
    expect(operatorToken).not.toBe(viewerToken);
  });
});

describe('samples', () => {
  it('play a payment, and say where its story is', async () => {
    const { status, body } = await api.call('POST', '/api/sample', {});
    expect(status).toBe(202);
    expect(body).toMatchObject({
      sample: true,
      kind: 'subscription',
      destination: 'sandbox',
      payments: [{ kind: 'conversion' }],
    });
    expect(body.story).toBe(`/api/purchases/generic/${delivered[0]?.['money_id'] as string}`);
    expect(delivered[0]?.['money_id']).toMatch(/^sample_\d{13}_[0-9a-f]{8}_1$/);
  });

  it('play a trial and its first payment', async () => {
    expect((await api.call('POST', '/api/sample', { kind: 'trial' })).body.kind).toBe('free_trial');
    expect(delivered.map(({ kind }) => kind)).toEqual(['trial_start', 'conversion']);
  });

  it('are refused where they would count, with what to do', async () => {
    const counting = await serveApi({ store, integrations: ['counts'], initial: { pixelCode: 'C4LIVE', accessToken: 'token' } });
    const refused = await counting.call('POST', '/api/sample?integration=counts', {});
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('test event code')]);
    await counting.close();
    const live = await serveApi({ store, liveMode: true });
    expect((await live.call('POST', '/api/sample', {})).status).toBe(409);
    await live.close();
  });

  it('know no other kind', async () => {
    expect((await api.call('POST', '/api/sample', { kind: 'weekly' })).status).toBe(422);
  });
});

it('tells what of the set-up is done', async () => {
  const { body } = await api.call('GET', '/api/setup');
  const done = Object.fromEntries((body.items as { key: string; done: boolean }[]).map(({ key, done: is }) => [key, is]));
  expect(done).toEqual({
    pixel: false,
    token: false,
    connection: false,
    provider: true,
    webhook: false,
    page: false,
    purchase: false,
  });
  expect(body).toMatchObject({ destination: 'sandbox', purchaseSent: false, sample: { refused: null } });
});
