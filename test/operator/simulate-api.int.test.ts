/** `POST /api/simulate`: over the real store, with orders as ingestion and workflows leave them. */
import type { Store } from '../../src/store';
import type { Api } from '../support/api-server';
import { nowMs, purchase, serveApi, viewerToken } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { key, payment, registration } from '../support/store-samples';

const dayMs = 86_400_000;
let store: Store;
let api: Api;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'shop'] });
  await sold('shop', 'in_1', 'conversion', 9);
  await sold('shop', 'in_2', 'renewal', 2);
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const simulate = (body: unknown, headers: Record<string, string> = {}) => api.call('POST', '/api/simulate', body, headers);

/** A sent payment of a subscription, with what is kept of it. */
async function sold(integration: string, moneyId: string, kind: 'conversion' | 'renewal', daysAgo: number): Promise<void> {
  const ref = payment(moneyId, 'sub_1');
  const occurredAtMs = nowMs - daysAgo * dayMs;
  await store.users.register(registration(ref, [key('user_id', 'ada')], { integration, pending: null, atMs: occurredAtMs }));
  await store.orderRecords.keepFact(
    { integration, psp: ref.psp, subscription: ref.subscription },
    {
      fact: { kind, moneyId, occurredAtMs, amountMinor: 1999, currency: 'USD' },
      ...{ settingsVersion: 1, tooOld: false, acceptedAtMs: occurredAtMs, checkoutId: null },
    },
  );
  await store.purchases.record(integration, [purchase(moneyId, { subscription: 'sub_1', phase: kind, occurredAtMs })]);
}

describe('a simulation over HTTP', () => {
  it('answers what the patch would have made of the last 30 days, beside what was made of them', async () => {
    const { status, body } = await api.call('POST', '/api/simulate?integration=shop', {
      settings: { limitPurchaseEvents: true },
    });
    expect(status).toBe(200);
    const sent = { state: 'sent', reason: null, heldBy: null, eventName: 'CompletePayment', value: 19.99, currency: 'USD' };
    const one = { payments: 1, sent: 1, keptBack: 0, value: [{ currency: 'USD', amount: '19.99' }] };
    expect(body).toEqual({
      from: new Date(nowMs - 30 * dayMs).toISOString(),
      to: new Date(nowMs).toISOString(),
      settings: { version: 1, changes: [{ path: 'limitPurchaseEvents', from: false, to: true }] },
      payments: 2,
      cells: [
        { purchaseType: 'subscription', phase: 'conversion', before: one, after: one },
        {
          ...{ purchaseType: 'subscription', phase: 'renewal', before: one },
          after: { payments: 1, sent: 0, keptBack: 1, value: [] },
        },
      ],
      totals: [
        { state: 'sent', reason: null, before: 2, after: 1 },
        { state: 'suppressed', reason: 'limited', before: 0, after: 1 },
      ],
      differences: {
        total: 1,
        items: [
          {
            ...{ psp: 'stripe', subscription: 'sub_1', moneyId: 'in_2', purchaseType: 'subscription', phase: 'renewal' },
            ...{ settingsVersion: 1, occurredAt: new Date(nowMs - 2 * dayMs).toISOString() },
            before: sent,
            after: { ...sent, state: 'suppressed', reason: 'limited', heldBy: payment('in_1', 'sub_1') },
          },
        ],
      },
    });
  });

  it('looks at the period that is asked for, its end excluded, and changes nothing', async () => {
    const period = { from: new Date(nowMs - 9 * dayMs).toISOString(), to: new Date(nowMs - 2 * dayMs).toISOString() };
    const { body } = await api.call('POST', '/api/simulate?integration=shop', { settings: { paused: true }, ...period });
    expect(body).toMatchObject({ ...period, payments: 1, differences: { total: 0, items: [] } });
    expect((await api.call('GET', '/api/settings?integration=shop')).body).toMatchObject({ version: 1, paused: false });
    expect(api.audit).toEqual([]);
  });

  it('shows no token, neither one of the settings nor one of the patch', async () => {
    const { body, text } = await simulate({ settings: { accessToken: 'a-token-in-clear' } });
    expect(body.settings.changes).toEqual([{ path: 'accessToken', from: null, to: 'set' }]);
    expect(text).not.toContain('a-token-in-clear');
  });

  it.each([
    ['no settings', {}, ['settings']],
    ['settings that are no patch', { settings: [] }, ['settings']],
    ['a setting that is none', { settings: { limitPurchases: true } }, ['settings.limitPurchases']],
    [
      'several wrong values',
      { settings: { maxEventAgeHours: -1, policy: { subscription: { renewal: { send: 'no' } } } } },
      ['settings.maxEventAgeHours', 'settings.policy.subscription.renewal.send'],
    ],
    ['a field that is not known', { settings: {}, until: '2026-11-22' }, ['until']],
    ['a time without its zone', { settings: {}, from: '2026-11-22T10:00:00' }, ['from']],
    ['an empty period', { settings: {}, from: '2026-11-22', to: '2026-11-22' }, ['from']],
    ['more than 400 days', { settings: {}, from: '2025-10-01', to: '2026-11-22' }, ['from']],
    [
      'a wrong setting and a wrong period',
      { settings: { paused: 'yes' }, from: '2026-11-22', to: '2026-11-01' },
      ['settings.paused', 'from'],
    ],
  ])('refuses %s, naming each field', async (_what, given, paths) => {
    const { status, headers, body } = await simulate(given);
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([...paths].sort());
    for (const { message } of body.errors) expect(message).toMatch(/\w/);
  });

  it('takes 400 days, and not a second more', async () => {
    const to = '2026-11-22T00:00:00Z';
    const from = Date.parse(to) - 400 * dayMs;
    expect((await simulate({ settings: {}, to, from: new Date(from).toISOString() })).status).toBe(200);
    const { body } = await simulate({ settings: {}, to, from: new Date(from - 1_000).toISOString() });
    expect(body).toMatchObject({ status: 422, errors: [{ path: 'from', message: 'must be at most 400 days before to' }] });
  });

  it('refuses what is no JSON, and a body of another type', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await simulate('{"settings":', json)).toMatchObject({ status: 400, body: { status: 400 } });
    expect(await simulate('settings=', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  });

  it('is for viewers too, since it changes nothing; and for nobody without a token', async () => {
    const asked = { settings: { limitPurchaseEvents: true } };
    expect((await simulate(asked, { authorization: `Bearer ${viewerToken}` })).status).toBe(200);
    expect((await simulate(asked, { authorization: 'Bearer wrong' })).status).toBe(401);
  });
});

describe('simulations while one is under way', () => {
  let closing: () => Promise<void> = async () => undefined;
  afterEach(() => closing());

  /** The API over a store whose simulations stand still until `release`. */
  async function heldApi() {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const read = { versions: 0, buyers: 0 };
    const recordedBuyers: Store['recordedBuyers'] = {
      ...store.recordedBuyers,
      settingsVersions: async (integration) => {
        read.versions += 1;
        await held;
        return store.recordedBuyers.settingsVersions(integration);
      },
      buyersOf: (...orders) => ((read.buyers += 1), store.recordedBuyers.buyersOf(...orders)),
    };
    const served = await serveApi({ store: { ...store, recordedBuyers }, integrations: ['shop'] });
    closing = () => (release(), served.close());
    return { ...served, read, release };
  }

  const asked = { settings: { limitPurchaseEvents: true } };

  it('wait for their turn; when six are there, the next is told to come again', async () => {
    const { call, release } = await heldApi();
    const answers = Array.from({ length: 7 }, () => call('POST', '/api/simulate', asked));
    const refused = await Promise.race(answers);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused).toMatchObject({
      status: 429,
      body: { title: 'Too many requests', detail: 'other simulations are under way: try again in a few seconds' },
    });
    release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
    expect((await call('POST', '/api/simulate', asked)).status).toBe(200);
  });

  it('end when the caller is gone, without an error in the log', async () => {
    const { url, call, release, read, logged } = await heldApi();
    const caller = new AbortController();
    const gone = fetch(`${url}/api/simulate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${viewerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(asked),
      signal: caller.signal,
    });
    while (read.versions === 0) await new Promise((resolve) => setImmediate(resolve));
    caller.abort();
    await expect(gone).rejects.toThrow('aborted');
    await call('GET', '/api/settings'); // by then the service has seen that the connection is closed
    release();
    expect((await call('POST', '/api/simulate', asked)).status).toBe(200);
    expect(read).toEqual({ versions: 2, buyers: 1 }); // those of the second one
    expect(logged).toEqual([]);
  });
});
