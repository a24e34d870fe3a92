/** Ids that are the names of what every object inherits: an order treats them as it treats any other. */
import fc from 'fast-check';
import type { SubscriptionFact } from '../../src/domain/fact';
import { migrate } from '../../src/domain/migrate';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { recordsOf } from '../../src/domain/record';
import { restoreOrder } from '../../src/domain/restore';
import { defaultSettings } from '../../src/domain/settings';
import { simulateBuyer } from '../../src/domain/simulate';
import { statusCard } from '../../workflows/status-card';
import { changedSearchAttributes } from '../../workflows/search-attributes';
import { runs } from '../support/effort';
import { FirstPurchases, lifecycle, limitOff, Order, payment, refund, t0, userKey, day } from '../support/order-scenario';

const inherited = [...Object.getOwnPropertyNames(Object.prototype), 'prototype', 'length', 'name', 'toJSON', 'then'];

/** Five different names of five payments, of refunds, and of an order. */
const names = fc.shuffledSubarray(inherited, { minLength: 7, maxLength: 7 });
const plainNames = ['in_0', 'in_1', 'in_2', 'in_3', 'in_4', 're_1', 'sub_1'];

function lifeWith([a = '', b = '', c = '', d = '', e = '', re = '']: readonly string[]): SubscriptionFact[][] {
  const priced = { lines: [{ of: 'period' as const, amountMinor: 1999, items: [b] }] };
  return [
    [payment('trial_start', a, 0, { amountMinor: 100, ...priced }), refund(c, 1, { refundId: re, amountMinor: 300 })],
    [payment('conversion', b, 7, priced), refund(b, 8, { refundId: re }), refund(b, 9, { refundId: `${re}2`, amountMinor: 100 })],
    [payment('renewal', c, 37), lifecycle('payment_failed', 60, { moneyId: d, currency: 'USD' })],
    [refund(e, 61, { refundId: re }), payment('renewal', e, 67)],
    [payment('renewal', d, 70), payment('renewal', d, 70)],
    [lifecycle('merged', 71, { moneyId: a })],
  ];
}

/** The rows of a life; the state makes the journeys of a state between its facts: continue-as-new, and through the database. */
function rowsOf(ids: readonly string[], journey: 'none' | 'continued' | 'restored'): Record<string, PurchaseRecord> {
  const order = new Order(ids[6], new FirstPurchases());
  const facts: SubscriptionFact[] = [];
  for (const batch of lifeWith(ids)) {
    order.receives(...batch).finish();
    facts.push(...batch);
    if (journey === 'continued') order.state = migrate(JSON.parse(JSON.stringify(order.state)) as typeof order.state);
    if (journey === 'restored') order.state = restored(order, facts);
    expect(statusCard(order.state)).toContain('| at TikTok |');
    changedSearchAttributes(null, 'default', order.state);
  }
  return renamed([...order.table.values()], ids);
}

function restored(order: Order, facts: readonly SubscriptionFact[]): Order['state'] {
  const kept = facts.map((fact) => ({
    fact,
    settingsVersion: limitOff.version,
    tooOld: false,
    acceptedAtMs: fact.occurredAtMs,
    checkoutId: null,
  }));
  const { state } = restoreOrder({
    ...{ psp: 'stripe', subscription: order.state.id, facts: kept, settings: [limitOff], userKeys: [userKey] },
    records: [...order.table.values()].sort((a, b) => a.occurredAtMs - b.occurredAtMs),
    firstPurchase: null,
  });
  return state;
}

/** The records under plain names, so that two lives can be compared. */
function renamed(records: readonly PurchaseRecord[], ids: readonly string[]): Record<string, PurchaseRecord> {
  const plain = (id: string): string => plainNames[ids.indexOf(id)] ?? id;
  return Object.fromEntries(
    records.map((record) => [
      plain(record.moneyId),
      {
        ...record,
        subscription: plain(record.subscription),
        moneyId: plain(record.moneyId),
        eventId: record.eventId.startsWith('stripe:') ? `stripe:${plain(record.eventId.slice(7))}` : record.eventId,
      },
    ]),
  );
}

it.each(['none', 'continued', 'restored'] as const)('gives them the same records as others (%s)', (journey) => {
  fc.assert(
    fc.property(names, (ids) => {
      expect(rowsOf(ids, journey)).toEqual(rowsOf(plainNames, journey));
    }),
    { numRuns: runs(300) },
  );
});

it('counts a refund whose id is inherited, and one whose payment is', () => {
  const order = new Order().receives(payment('conversion', '__proto__', 0));
  order.receives(refund('__proto__', 1, { refundId: 'constructor', amountMinor: 500 })).finish();
  expect(order.records()['__proto__'] ?? recordsOf(order.state)[0]).toMatchObject({ state: 'sent', refundedMinor: 500 });
});

it('resends and skips them', () => {
  const order = new Order().receives(payment('conversion', '__proto__', 0), payment('renewal', 'constructor', 30));
  order.skip('__proto__').finish().resend('constructor').finish();
  expect(recordsOf(order.state).map(({ moneyId, state }) => [moneyId, state])).toEqual([
    ['__proto__', 'sent'],
    ['constructor', 'sent'],
  ]);
  expect(order.resend('toString').resend('hasOwnProperty').underWay).toEqual([]);
});

it('simulates them', () => {
  fc.assert(
    fc.property(names, (ids) => {
      const simulated = (of: readonly string[]) => {
        const order = new Order(of[6], new FirstPurchases());
        for (const batch of lifeWith(of)) order.receives(...batch).finish();
        const records = [...order.table.values()].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
        const settings = { ...defaultSettings, limitPurchaseEvents: true };
        const orders = [{ psp: 'stripe', subscription: order.state.id, records, facts: [], attributed: new Set<string>() }];
        const rules = { settings, recorded: new Map(), fromMs: t0 - day, toMs: t0 + 100 * day, nowMs: t0 + 100 * day };
        return simulateBuyer({ orders, consent: null, claims: [] }, rules).map(({ after }) => [after.state, after.reason]);
      };
      expect(simulated(ids)).toEqual(simulated(plainNames));
    }),
    { numRuns: runs(100) },
  );
});
