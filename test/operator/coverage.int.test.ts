/** `/api/coverage`, `/api/match-quality`, `/api/refusals`, `/api/alerts`: over the real store, with purchases and counts as they come. */
import { sampleId } from '../../src/domain/sample';
import type { Store, Tally } from '../../src/store';
import type { Api } from '../support/api-server';
import { nowMs, purchase, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const today = Math.floor(nowMs / dayMs);
let store: Store;
let api: Api;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'held', 'matched', 'refused', 'alerted', 'empty', 'spread'] });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const get = (path: string) => api.call('GET', `/api${path}`);
const tally = (integration: string, more: Partial<Tally>): Tally => ({
  ...{ integration, day: today, name: 'webhooks', psp: 'stripe', label: 'accepted', count: 1, lastAtMs: nowMs },
  ...more,
});

describe('coverage', () => {
  it('is nothing where nothing was charged, and says so', async () => {
    const { status, body } = await get('/coverage?integration=empty');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ coverage: null, charged: { count: 0, amounts: [] }, sent: 0, keptBack: 0, skipped: 0, reasons: [], psps: [] },
      open: { pending: 0, needsAttention: 0 },
      latency: { p50Seconds: null, p95Seconds: null },
      funnel: { payments: 0, purchases: 0, waiting: 0, failed: 0 },
    });
    expect(body.days).toHaveLength(31);
  });

  it('counts each payment once: sent, kept back on purpose, skipped, or open; a failed charge is none', async () => {
    await store.purchases.record('default', [
      ...['1', '2', '3', '4'].map((id) => purchase(`in_sent_${id}`)),
      purchase('in_limited', { state: 'suppressed', reason: 'limited' }),
      purchase('in_limited_2', { state: 'suppressed', reason: 'limited' }),
      purchase('in_proration', { state: 'not_a_purchase', reason: 'proration' }),
      purchase('in_failed', { state: 'not_a_purchase', reason: 'payment_failed', chargedMinor: 0 }),
      purchase('in_skipped', { state: 'skipped', reason: 'a test of ours', by: 'ada' }),
      purchase('in_pending', { state: 'pending' }),
      purchase('txn_attention', { psp: 'paddle', state: 'needs_attention', currency: 'EUR', chargedMinor: 500 }),
      // Nobody bought it: it is no payment.
      purchase(`${sampleId(nowMs, '0a1b2c3d')}_1`, { psp: 'generic' }),
      purchase('in_before', { state: 'pending', occurredAtMs: nowMs - 40 * dayMs }),
    ]);
    await store.tallies.add([
      ...[tally('default', { count: 12 }), tally('default', { label: 'ignored', count: 30 })],
      ...[tally('default', { label: 'refused', count: 2 }), tally('default', { label: 'quarantined' })],
      ...[
        tally('default', { name: 'latency', label: '30', count: 90 }),
        tally('default', { name: 'latency', label: '47', count: 10 }),
      ],
    ]);
    const to = new Date(nowMs + 1).toISOString();
    const { body } = await get(`/coverage?to=${to}`);
    expect(body).toMatchObject({
      ...{ sent: 4, keptBack: 3, skipped: 1, open: { pending: 1, needsAttention: 1 }, coverage: 0.8 },
      charged: {
        count: 10,
        amounts: [
          { currency: 'EUR', amount: '5.00' },
          { currency: 'USD', amount: '179.91' },
        ],
      },
      reasons: [
        { reason: 'limited', count: 2 },
        { reason: 'proration', count: 1 },
      ],
      funnel: {
        webhooks: { accepted: 12, ignored: 30, quarantined: 1, refused: 2, unavailable: 0 },
        ...{ payments: 10, purchases: 9, sent: 4, waiting: 1, failed: 1 },
      },
      psps: [
        { psp: 'paddle', coverage: 0, charged: { count: 1 }, needsAttention: 1, p50Seconds: null },
        { psp: 'stripe', coverage: 8 / 9, charged: { count: 9 }, pending: 1 },
      ],
    });
    expect(body.latency.p50Seconds).toBeGreaterThan(0.7);
    expect(body.latency.p50Seconds).toBeLessThan(1.1);
    expect(body.latency.p95Seconds).toBeGreaterThan(30);
    expect(body.days.at(-1)).toMatchObject({ day: '2026-11-22', coverage: 0.8, charged: { count: 10 }, sent: 4 });
    const { body: ofOne } = await get(`/coverage?to=${to}&psp=paddle`);
    expect(ofOne).toMatchObject({ charged: { count: 1 }, funnel: { webhooks: { accepted: 0 } } });
  });

  it('takes what is held for kept back on purpose: it is neither lost nor late', async () => {
    const held = { state: 'pending', waitsUntilMs: nowMs + hourMs, isHeld: true, occurredAtMs: nowMs - 23 * hourMs } as const;
    await store.purchases.record('held', [
      purchase('in_held', held),
      purchase('in_sent', {}),
      purchase('in_provider', { state: 'pending', waitsUntilMs: nowMs + 20_000 }),
    ]);
    const query = `integration=held&from=${new Date(nowMs - 2 * dayMs).toISOString()}&to=${new Date(nowMs + 1).toISOString()}`;
    const { body } = await get(`/coverage?${query}`);
    expect(body).toMatchObject({
      ...{ coverage: 2 / 3, sent: 1, keptBack: 0, open: { pending: 1, needsAttention: 0, held: 1 } },
      funnel: { sent: 1, held: 1, waiting: 1, failed: 0 },
    });
    expect(await store.purchases.count('held')).toMatchObject({ sent: 1, pending: 1, held: 1 });
    expect(await store.purchases.oldestPendingAtMs('held')).toBe(nowMs);
    // Once it is over, it counts as what it has become.
    await store.purchases.record('held', [
      purchase('in_held', { state: 'pending', revision: 9, occurredAtMs: held.occurredAtMs }),
    ]);
    expect((await get(`/coverage?${query}`)).body).toMatchObject({ coverage: 1 / 3, open: { pending: 2, held: 0 } });
  });

  it('is by UTC day, and of the period to the millisecond', async () => {
    const startMs = today * dayMs;
    await store.purchases.record('spread', [
      ...[-2 * dayMs, -1, 0, 1, dayMs - 1].map((offset, index) => purchase(`in_${index}`, { occurredAtMs: startMs + offset })),
    ]);
    const of = async (fromMs: number, toMs: number) =>
      (await get(`/coverage?integration=spread&from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`)).body;
    expect(
      (await of(startMs - 2 * dayMs, startMs + dayMs)).days.map((row: { day: string; charged: { count: number } }) => [
        row.day,
        row.charged.count,
      ]),
    ).toEqual([
      ['2026-11-20', 1],
      ['2026-11-21', 1],
      ['2026-11-22', 3],
    ]);
    expect((await of(startMs, startMs + 1)).charged.count).toBe(1);
    expect((await of(startMs - 1, startMs + dayMs - 1)).charged.count).toBe(3);
  });

  it.each([
    ['from=2026-11-23&to=2026-11-22', 'must be after from'],
    ['from=2020-01-01&to=2026-11-22', 'must be at most 400 days before to'],
    ['from=yesterday', 'must be an ISO 8601 date'],
    ['state=sent', 'is not a parameter here'],
  ])('refuses %s', async (query, message) => {
    const { status, text } = await get(`/coverage?${query}`);
    expect(status).toBe(400);
    expect(text).toContain(message);
  });
});

describe('match quality', () => {
  it('is the share of sent purchases with each identifier, with advice on the weakest', async () => {
    const matched = (label: string, count: number, psp = 'stripe') => tally('matched', { name: 'matched', label, count, psp });
    await store.tallies.add([
      ...[matched('sent', 40), matched('email', 40), matched('external_id', 40), matched('ip', 36), matched('user_agent', 36)],
      ...[matched('ttp', 4), matched('ttclid', 7), matched('phone', 40)],
      ...[matched('sent', 10, 'paddle'), matched('email', 5, 'paddle'), matched('ttclid', 3, 'paddle')],
    ]);
    const { body } = await get('/match-quality?integration=matched');
    expect(body.sent).toBe(50);
    expect(body.identifiers).toContainEqual({ identifier: 'email', count: 45, share: 0.9 });
    expect(body.advice.map((each: { identifier: string }) => each.identifier)).toEqual(['ttp', 'external_id']);
    expect(body.psps.map((each: { psp: string; sent: number }) => [each.psp, each.sent])).toEqual([
      ['paddle', 10],
      ['stripe', 40],
    ]);
    expect(body.days.at(-1)).toMatchObject({ day: '2026-11-22', sent: 50 });
  });

  it('says nothing of what was not sent', async () => {
    const { body } = await get('/match-quality?integration=empty');
    expect(body).toMatchObject({ sent: 0, psps: [], advice: [] });
    expect(body.identifiers).toContainEqual({ identifier: 'email', count: 0, share: null });
  });
});

it('refusals are told with their reason, count and last time, the last first', async () => {
  const refused = (more: Partial<Tally>) => tally('refused', { name: 'refused_signatures', ...more });
  await store.tallies.add([
    refused({ label: 'the timestamp is too old', count: 2, day: today - 1, lastAtMs: nowMs - dayMs }),
    refused({ label: 'the timestamp is too old', count: 1, lastAtMs: nowMs - 5 }),
    refused({ psp: 'paddle', label: 'no signature matches the body and any configured secret', lastAtMs: nowMs - 1 }),
    refused({ name: 'refused_origins', psp: '', label: 'https://evil.example', count: 9 }),
    refused({ name: 'page_calls', psp: '', label: 'collect 204', count: 100 }),
    refused({ name: 'page_calls', psp: '', label: 'collect 429', count: 3, lastAtMs: nowMs - 7 }),
  ]);
  const { body } = await get('/refusals?integration=refused');
  const iso = (ms: number) => new Date(ms).toISOString();
  expect(body).toMatchObject({
    signatures: [
      { psp: 'paddle', reason: 'no signature matches the body and any configured secret', count: 1, lastAt: iso(nowMs - 1) },
      { psp: 'stripe', reason: 'the timestamp is too old', count: 3, lastAt: iso(nowMs - 5) },
    ],
    origins: [{ origin: 'https://evil.example', count: 9, lastAt: iso(nowMs) }],
    rateLimited: { count: 3, lastAt: iso(nowMs - 7) },
  });
});

it('alerts are listed, open ones apart if asked', async () => {
  const due = { kind: 'backlog_age', subject: '', message: 'a purchase waits' } as const;
  await store.alerts.reconcile('alerted', [due], nowMs - 10);
  await store.alerts.reconcile('alerted', [{ ...due, kind: 'provider_silent', subject: 'stripe' }], nowMs - 5);
  const { body } = await get('/alerts?integration=alerted');
  expect(body.items).toMatchObject([
    { kind: 'provider_silent', subject: 'stripe', state: 'open', closedAt: null },
    { kind: 'backlog_age', state: 'closed', openedAt: new Date(nowMs - 10).toISOString() },
  ]);
  expect((await get('/alerts?integration=alerted&state=open')).body.items).toHaveLength(1);
  expect((await get('/alerts?state=sometimes')).status).toBe(400);
  expect((await get('/alerts?cursor=nonsense')).status).toBe(400);
});
