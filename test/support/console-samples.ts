/** A console with a month of a small shop in it: for the test of all pages, and for the pictures in docs/console. Repeatable. */
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { PspApi } from '../../src/psp/adapter';
import type { Store } from '../../src/store';
import { hashedEmail } from '../../src/tiktok';
import { type Api, type ApiOptions, keys, nowMs, purchase, serveApi } from './api-server';
import { payment } from './order-scenario';
import { tried } from './store-samples';

const hour = 3_600_000;
const day = 24 * hour;

/** What a stranger may write wherever they can. */
export const evil = '<script>document.title="taken over"</script>';

/** The address of a page that has parts in its path. */
export const storyAddress = '/purchases/stripe/in_1QLimited0003';

/** Serves a console over the shop. The caller closes both. */
export async function serveSampleConsole(store: Store, options: Partial<ApiOptions> = {}): Promise<Api> {
  await fill(store);
  return serveApi({
    ...{ store, console: { failuresPerMinute: 1_000 } },
    initial: { pixelCode: 'C4ABCDEFGHIJKLMNOPQR', accessToken: 'a-token-of-tests', limitPurchaseEvents: true },
    providers: { configured: { stripe: ['whsec_stripe'], paddle: ['pdl_ntfset'], generic: ['whsec_generic'] } },
    temporalUrl: (id) => `https://temporal.example.com/namespaces/default/workflows/${encodeURIComponent(id)}`,
    temporalListUrl: (query) => `https://temporal.example.com/namespaces/default/workflows?query=${encodeURIComponent(query)}`,
    api: {
      report: {
        purchases: store.purchases,
        api: async ({ psp }) => (psp === 'stripe' ? stripe : null),
        psps: () => ['stripe', 'paddle'],
        placesOf: async () => [],
      },
      checkedAccounts: () => [{ integration: 'default', psp: 'stripe' }],
    },
    ...options,
  });
}

async function fill(store: Store): Promise<void> {
  await store.purchases.record('default', [...month(), ...special]);
  for (const record of special.filter(({ lastError }) => lastError))
    await store.attempts.keep(
      'default',
      tried(
        record,
        { outcome: 'unauthorized', code: 40105, message: `Access token is incorrect ${evil}`, atMs: nowMs - 2 * hour },
        { record },
      ),
    );
  const first = month()[0]!;
  await store.users.register({
    ...{ integration: 'default', psp: 'stripe', subscription: first.subscription, moneyId: first.moneyId },
    keys: keys.of(
      { integration: 'default', psp: 'stripe', subscription: first.subscription },
      { userId: 'user-1' },
      { emailSha256: hashedEmail('anna@example.com')! },
    ),
    ...{ identity: {}, checkout: null, paymentIds: [], pending: null, atMs: nowMs - 20 * day },
  });
  await store.quarantine.keep('default', {
    ...{ psp: 'stripe', type: 'invoice.paid', reason: `lines.data.0.price: ${evil}`, atMs: nowMs - 3 * hour },
    raw: Buffer.from(JSON.stringify({ id: 'evt_1', type: 'invoice.paid', data: { object: { id: 'in_odd', note: evil } } })),
  });
  for (let i = 0; i < 12; i++)
    await store.webhookLog.append('default', {
      ...{ psp: i % 3 === 0 ? 'paddle' : 'stripe', receivedAtMs: nowMs - i * 7 * 60_000 },
      ...{ type: i % 3 === 0 ? 'transaction.completed' : 'invoice.paid', outcome: 'accepted', reason: null },
    });
  await store.audit.append({
    ...{ integration: 'default', atMs: nowMs - day, by: evil, action: 'purchase.skip' },
    ...{ target: 'stripe/in_1QSkipped0004', reason: `a test of ours ${evil}` },
  });
}

const types = ['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const;

/** Four payments a day, most of them sent. */
function month(): readonly PurchaseRecord[] {
  return Array.from({ length: 116 }, (_, i) => {
    const isLimited = i % 4 === 2;
    const cents = [1999, 4900, 999, 2999][i % 4]!;
    const occurredAtMs = nowMs - 29 * day + i * 6 * hour;
    return purchase(`${i % 3 === 0 ? 'txn' : 'in'}_1QMonth${String(i).padStart(4, '0')}`, {
      ...{ psp: i % 3 === 0 ? 'paddle' : 'stripe', subscription: `sub_1QMonth${String(i % 40).padStart(4, '0')}` },
      ...{ purchaseType: types[i % 4]!, phase: i < 40 ? 'conversion' : 'renewal', occurredAtMs },
      ...{ chargedMinor: cents, value: { amountMinor: cents, currency: 'USD' } },
      sentAtMs: isLimited ? null : occurredAtMs + 900,
      requestId: isLimited ? null : `20261122${i}`,
      ...(isLimited ? { state: 'suppressed' as const, reason: 'limited' } : {}),
    });
  });
}

const unsent = { sentAtMs: null, requestId: null };

/** One of each state that an operator looks for. */
const special: readonly PurchaseRecord[] = [
  purchase('in_1QRefused0001', {
    ...{ subscription: 'sub_1QRefused', state: 'needs_attention', occurredAtMs: nowMs - 2 * hour, ...unsent },
    lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'Access token is incorrect or has been revoked.' },
  }),
  purchase('in_1QWaiting0002', {
    ...{ subscription: 'sub_1QWaiting', state: 'pending', occurredAtMs: nowMs - 4 * 60_000, attempts: 3, ...unsent },
    lastError: { type: 'TikTokUnreachable', code: null, message: 'no answer within 15 s' },
  }),
  purchase('in_1QLimited0003', {
    ...{
      subscription: 'sub_1QLimited',
      state: 'suppressed',
      reason: 'limited',
      occurredAtMs: nowMs - hour,
      attempts: 0,
      ...unsent,
    },
    heldBy: { psp: 'stripe', subscription: 'sub_1QMonth0001', moneyId: 'in_1QMonth0001' },
  }),
  purchase('in_1QHeld0007', {
    ...{ subscription: 'sub_1QHeld', purchaseType: 'free_trial', phase: 'trial_start', chargedMinor: 0 },
    ...{ state: 'pending', occurredAtMs: nowMs - 7 * hour, attempts: 0, ...unsent },
    ...{ waitsUntilMs: nowMs + 17 * hour, isHeld: true },
  }),
  purchase('in_1QNotLasted08', {
    ...{ subscription: 'sub_1QNotLasted', purchaseType: 'paid_trial', phase: 'trial_start' },
    ...{ state: 'suppressed', reason: 'cancelled_in_hold', occurredAtMs: nowMs - 30 * hour, attempts: 0, ...unsent },
  }),
  purchase('in_1QNotTikTok09', {
    ...{ subscription: 'sub_1QNotTikTok', state: 'suppressed', reason: 'not_attributed', occurredAtMs: nowMs - 8 * hour },
    ...{ attempts: 0, ...unsent },
  }),
  purchase('in_1QSkipped0004', {
    ...{ subscription: 'sub_1QSkipped', state: 'skipped', reason: `a test of ours ${evil}`, by: evil, ...unsent },
    occurredAtMs: nowMs - 5 * hour,
  }),
  purchase('in_1QProration05', {
    ...{ subscription: 'sub_1QProration', phase: null, state: 'not_a_purchase', reason: 'proration', ...unsent },
    ...{ occurredAtMs: nowMs - 6 * hour, attempts: 0 },
  }),
];

/** The provider's own list, with a payment that never arrived. */
const stripe: PspApi = {
  list: { orderedBy: 'event', lookBackMs: 0, kept: null },
  changes: async () => ({
    facts: [
      {
        fact: { ...payment('renewal', 'in_1QLost0006', 0), occurredAtMs: nowMs - day },
        ...{ subscription: 'sub_1QLost', identity: {}, paymentIds: [] },
      },
    ],
    ...{ links: [], unreadable: [], nextPage: null },
  }),
  ofSubscription: async () => ({ facts: [], links: [], unreadable: [], nextPage: null }),
};
