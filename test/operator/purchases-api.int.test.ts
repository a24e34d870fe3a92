import type { PurchaseRecord } from '../../src/domain/purchase';
import type { Store } from '../../src/store';
import { type Api, keys, nowMs, purchase, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { hashedEmail } from '../../src/tiktok';

const hour = 3_600_000;
let store: Store;
let api: Api;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'held', 'many', 'other', 'thousand', 'formula'] });
  await store.purchases.record('default', listed);
  await store.purchases.record('other', [purchase('in_other')]);
  const many = Array.from({ length: 120 }, (_, i) =>
    purchase(`in_${String(i).padStart(3, '0')}`, { occurredAtMs: nowMs - i * hour }),
  );
  await store.purchases.record('many', many);
  const thousand = Array.from({ length: 1_201 }, (_, i) => purchase(`in_${i}`, { occurredAtMs: nowMs - i }));
  await store.purchases.record('thousand', thousand);
  await store.users.register({
    integration: 'default',
    psp: 'stripe',
    subscription: 'sub_2',
    moneyId: 'in_3',
    keys: keys.of(
      { integration: 'default', psp: 'stripe', subscription: 'sub_2' },
      { userId: 'Zoë & co', customerId: 'cus_9' },
      { emailSha256: hashedEmail('anna@example.com')! },
    ),
    identity: {},
    checkout: null,
    paymentIds: [],
    pending: null,
    atMs: nowMs,
  });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

it('what is held is found by what it waits for, and says until when, in JSON and CSV', async () => {
  const until = nowMs + 5 * hour;
  await store.purchases.record('held', [
    purchase('in_held', {
      state: 'pending',
      waitsUntilMs: until,
      isHeld: true,
      phase: 'trial_start',
      requestId: null,
      sentAtMs: null,
    }),
    purchase('in_provider', { state: 'pending', waitsUntilMs: nowMs + 20_000, requestId: null, sentAtMs: null }),
    purchase('in_lost', { state: 'suppressed', reason: 'cancelled_in_hold', requestId: null, sentAtMs: null }),
    purchase('in_other', { state: 'suppressed', reason: 'not_attributed', requestId: null, sentAtMs: null }),
  ]);
  const { body } = await api.call('GET', '/api/purchases?integration=held&waiting=hold');
  expect(body.items).toMatchObject([{ moneyId: 'in_held', waitingFor: 'hold', nextAttemptAt: new Date(until).toISOString() }]);
  expect(await found('?integration=held&reason=cancelled_in_hold')).toEqual(['in_lost']);
  expect(await found('?integration=held&reason=not_attributed')).toEqual(['in_other']);
  expect((await api.call('GET', '/api/purchases?integration=held&waiting=nothing')).status).toBe(400);
  const { text } = await api.call('GET', '/api/purchases?integration=held&waiting=hold', undefined, { accept: 'text/csv' });
  const [, line = ''] = text.split('\r\n');
  expect(line).toContain(`,hold,${new Date(until).toISOString()},`);
});

/** Oldest first. */
const listed: readonly PurchaseRecord[] = [
  purchase('in_1', { occurredAtMs: nowMs - 4 * hour }),
  purchase('in_2', { occurredAtMs: nowMs - 3 * hour, state: 'suppressed', reason: 'limited', requestId: null, sentAtMs: null }),
  purchase('in_3', { occurredAtMs: nowMs - 2 * hour, subscription: 'sub_2', eventId: 'checkout-3' }),
  purchase('txn_4', {
    occurredAtMs: nowMs - hour,
    purchaseType: 'paid_trial',
    psp: 'paddle',
    subscription: 'sub_p',
    eventId: 'paddle:txn_4',
  }),
  purchase('in_5', {
    occurredAtMs: nowMs,
    state: 'needs_attention',
    lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'Access token is incorrect' },
    requestId: null,
    sentAtMs: null,
  }),
];

async function found(query: string): Promise<readonly string[]> {
  const { status, body } = await api.call('GET', `/api/purchases${query}`);
  expect(status).toBe(200);
  return body.items.map(({ moneyId }: { moneyId: string }) => moneyId);
}

it('a purchase is shown as interface.md says, with what was charged beside what TikTok is told', async () => {
  const { body } = await api.call('GET', '/api/purchases?q=in_1');
  expect(body).toEqual({
    items: [
      {
        psp: 'stripe',
        subscription: 'sub_1',
        moneyId: 'in_1',
        purchaseType: 'subscription',
        phase: 'renewal',
        state: 'sent',
        reason: null,
        heldBy: null,
        eventId: 'stripe:in_1',
        eventName: 'CompletePayment',
        value: 19.99,
        currency: 'USD',
        amount: '19.99',
        refunded: '0.00',
        chargedCurrency: 'USD',
        occurredAt: '2026-11-22T06:00:00.000Z',
        attempts: 1,
        lastError: null,
        requestId: 'req-1',
        sentAt: '2026-11-22T10:00:01.120Z',
        by: null,
        settingsVersion: 1,
        destination: null,
        waitingFor: null,
        nextAttemptAt: null,
        givesUpAt: null,
        matchedBy: null,
        refusedByPage: false,
        sample: false,
      },
    ],
    nextCursor: null,
  });
});

describe('the list is filtered', () => {
  it.each([
    ['not at all, newest first', '', ['in_5', 'txn_4', 'in_3', 'in_2', 'in_1']],
    [
      'by nothing, as an empty form sends it',
      '?state=&psp=&user=&from=&to=&q=&cursor=',
      ['in_5', 'txn_4', 'in_3', 'in_2', 'in_1'],
    ],
    ['by state', '?state=suppressed', ['in_2']],
    ['by provider', '?psp=paddle', ['txn_4']],
    ['by reason', '?reason=limited', ['in_2']],
    ['by phase', '?phase=renewal&state=sent', ['txn_4', 'in_3', 'in_1']],
    ['by type', '?type=paid_trial', ['txn_4']],
    ['by the merchant’s user id, in clear', `?user=${encodeURIComponent('Zoë & co')}`, ['in_3']],
    ['by an e-mail', '?user=Anna%40Example.com', ['in_3']],
    ['by the hash of an e-mail', `?user=${hashedEmail('anna@example.com') ?? ''}`, ['in_3']],
    ['by the provider’s id of the customer', '?user=cus_9', ['in_3']],
    ['by a user nobody knows', '?user=u9', []],
    ['by the beginning of a payment', '?q=in_', ['in_5', 'in_3', 'in_2', 'in_1']],
    ['by the beginning of a subscription', '?q=sub', ['in_5', 'txn_4', 'in_3', 'in_2', 'in_1']],
    ['by the beginning of an event id', '?q=paddle%3Atxn', ['txn_4']],
    ['by what is no pattern', '?q=%25', []],
    ['by payment', '?q=in_2', ['in_2']],
    ['by subscription', '?q=sub_2', ['in_3']],
    ['by event id', '?q=checkout-3', ['in_3']],
    ['by something that looks like SQL', `?q=${encodeURIComponent("' or 1=1 --")}`, []],
    ['by error', '?error=TikTokUnauthorized', ['in_5']],
    ['from a time, which is included', '?from=2026-11-22T09:00:00Z', ['in_5', 'txn_4']],
    ['to a time, which is not', '?to=2026-11-22T07:00:00Z', ['in_1']],
    ['between times of another zone', '?from=2026-11-22T09:00:00%2B02:00&to=2026-11-22T10:00:00%2B02:00', ['in_2']],
    ['by a day', '?from=2026-11-22&to=2026-11-23', ['in_5', 'txn_4', 'in_3', 'in_2', 'in_1']],
    ['by everything at once', '?state=sent&psp=stripe&from=2026-11-22&q=sub_1', ['in_1']],
    ['within another integration', '?integration=other', ['in_other']],
  ])('%s', async (_rule, query, moneyIds) => {
    expect(await found(query)).toEqual(moneyIds);
  });
});

it('pages of 50 follow each other by cursor until there is none, filters kept', async () => {
  const seen: string[] = [];
  const sizes: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await api.call('GET', `/api/purchases?integration=many&state=sent&cursor=${encodeURIComponent(cursor)}`);
    seen.push(...body.items.map(({ moneyId }: { moneyId: string }) => moneyId));
    sizes.push(body.items.length);
    cursor = body.nextCursor;
  }
  expect(sizes).toEqual([50, 50, 20]);
  expect(seen).toEqual([...seen].sort());
  expect(new Set(seen).size).toBe(120);
});

describe('the list as CSV', () => {
  const csv = (query: string) => api.call('GET', `/api/purchases${query}`, undefined, { accept: 'text/csv' });

  it('has all rows of the filter, whatever the size of a page', async () => {
    const { status, headers, text } = await csv('?integration=many');
    expect([status, headers.get('content-type'), headers.get('vary')]).toEqual([200, 'text/csv; charset=utf-8', 'Accept']);
    expect(headers.get('content-disposition')).toBe('attachment; filename=purchases.csv');
    const lines = text.split('\r\n');
    expect(lines).toHaveLength(122);
    expect(lines[0]).toMatch(/^occurred_at,psp,subscription,money_id,/);
    expect(lines[1]).toMatch(/^2026-11-22T10:00:00.000Z,stripe,sub_1,in_000,subscription,renewal,sent,,19.99,0.00,USD,/);
    expect(lines[121]).toBe('');
  });

  it('goes on over pages of its own', async () => {
    expect((await csv('?integration=thousand&q=in_')).text.split('\r\n')).toHaveLength(1_203);
  });

  it('cannot be taken for a formula, and quotes what would break a line', async () => {
    await store.purchases.record('formula', [
      purchase('in_1', { state: 'skipped', by: '=HYPERLINK("http://evil.example")', reason: 'a "test",\r\nreally' }),
    ]);
    const { text } = await csv('?integration=formula');
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
    expect(text).toContain('"a ""test"",\r\nreally"');
  });

  it('has a header where nothing is found, and is a problem where the filter is wrong', async () => {
    expect((await csv('?integration=other&state=skipped')).text.split('\r\n')).toHaveLength(2);
    expect(await csv('?cursor=nonsense')).toMatchObject({ status: 400, body: { errors: [{ path: 'cursor' }] } });
  });
});

describe('a parameter that is wrong is named', () => {
  it.each([
    ['?state=done', 'state'],
    ['?state=sent&state=pending', 'state'],
    ['?psp=a&psp=b', 'psp'],
    ['?psp=nobody', 'psp'],
    ['?reason=because', 'reason'],
    ['?phase=first', 'phase'],
    ['?type=yearly', 'type'],
    ['?user=a%00b', 'user'],
    ['?q=a%00b', 'q'],
    [`?q=${'q'.repeat(1_001)}`, 'q'],
    ['?from=yesterday', 'from'],
    ['?from=2026-02-30', 'from'],
    ['?from=1763805600000', 'from'],
    ['?to=2026-11-22T10:00:00', 'to'],
    ['?to=2026-13-01', 'to'],
    ['?from=2026-11-22&to=2026-11-21', 'to'],
    ['?cursor=nonsense', 'cursor'],
    ['?cursor=W10', 'cursor'],
    ['?stat=sent', 'stat'],
    ['?limit=1000', 'limit'],
    ['?__proto__=x', '__proto__'],
  ])('%s: %s', async (query, path) => {
    const { status, headers, body } = await api.call('GET', `/api/purchases${query}`);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
    expect(body.detail).toContain(path);
  });
});

describe('a user, by the merchant’s id', () => {
  it('has identifiers by kind, a first purchase with its state, and orders', async () => {
    const payment = { psp: 'stripe', subscription: 'sub_9', moneyId: 'in_9' };
    const all = keys.of(
      { integration: 'other', ...payment },
      { userId: 'u1', customerId: 'cus_1' },
      { emailSha256: 'a'.repeat(64) },
    );
    await store.users.register({
      ...payment,
      integration: 'other',
      keys: all,
      identity: {},
      checkout: null,
      paymentIds: [],
      pending: purchase('in_9', { subscription: 'sub_9', state: 'pending' }),
      atMs: nowMs,
    });
    const before = await api.call('GET', '/api/users/u1?integration=other');
    expect(before.body).toEqual({
      identifiers: ['user_id', 'email', 'customer'],
      firstPurchase: null,
      orders: [{ psp: 'stripe', subscription: 'sub_9' }],
    });
    await store.firstPurchases.claim({ integration: 'other', keys: all, payment, mode: 'this_payment', atMs: nowMs });
    const after = await api.call('GET', '/api/users/u1?integration=other');
    expect(after.body.firstPurchase).toEqual({ ...payment, state: 'pending' });
  });

  it('who has a place but no purchase yet has one without a state', async () => {
    const payment = { psp: 'browser', subscription: 'checkout-1', moneyId: 'checkout-1' };
    const user = [keys.userId('other', 'u2')];
    await store.firstPurchases.claim({ integration: 'other', keys: user, payment, mode: 'this_order', atMs: nowMs });
    expect((await api.call('GET', '/api/users/u2?integration=other')).body.firstPurchase).toEqual({ ...payment, state: null });
  });

  it.each(['/api/users/nobody', '/api/users/u1', '/api/users/a%00b', `/api/users/${'u'.repeat(1_001)}`])(
    'who is unknown is not found: %s',
    async (path) => {
      const { status, body } = await api.call('GET', path);
      expect([status, body.detail]).toEqual([
        404,
        path.length < 30 && !path.includes('%') ? 'there is no such user' : 'there is no such userId',
      ]);
    },
  );
});

describe('the quarantine', () => {
  it('lists what could not be read, without its body', async () => {
    const id = await store.quarantine.keep('other', {
      psp: 'stripe',
      raw: Buffer.from('{"secret": 1}'),
      type: 'invoice.paid',
      reason: 'no customer',
      atMs: nowMs,
    });
    const { status, body, text } = await api.call('GET', '/api/quarantine?integration=other');
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [{ id, psp: 'stripe', receivedAt: '2026-11-22T10:00:00.000Z', type: 'invoice.paid', reason: 'no customer' }],
      nextCursor: null,
    });
    expect(text).not.toContain('secret');
  });

  it('comes in pages too', async () => {
    for (let i = 0; i < 51; i += 1)
      await store.quarantine.keep('many', { psp: 'stripe', raw: Buffer.from(`${i}`), type: 'x', reason: 'y', atMs: nowMs + i });
    const first = await api.call('GET', '/api/quarantine?integration=many');
    const second = await api.call('GET', `/api/quarantine?integration=many&cursor=${first.body.nextCursor}`);
    expect([first.body.items.length, second.body.items.length, second.body.nextCursor]).toEqual([50, 1, null]);
  });

  it.each(['cursor=nonsense', 'cursor=a&cursor=b', 'psp=stripe'])('refuses ?%s', async (query) => {
    expect((await api.call('GET', `/api/quarantine?${query}`)).status).toBe(400);
  });
});

it.each([
  ['GET', '/api/nothing', 404],
  ['GET', '/api/users/%E0%A4%A', 400],
  ['DELETE', '/api/settings', 404],
])('%s %s is a problem document: %d', async (method, path, status) => {
  const answer = await api.call(method, path);
  expect([answer.status, answer.body.status]).toEqual([status, status]);
});

it.each([
  '/api/settings',
  '/api/purchases',
  '/api/users/u1',
  '/api/quarantine',
  '/api/subscriptions/stripe/sub_1',
  '/api/nothing',
])('%s is for operators only', async (path) => {
  expect((await api.call('GET', path, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
});
