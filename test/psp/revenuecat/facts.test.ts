import fc from 'fast-check';
import type { PriceRole } from '../../../src/domain/fact';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { revenuecat } from '../../../src/psp/revenuecat';
import { netOf } from '../../../src/psp/revenuecat/amounts';
import { revenuecatEvent, revenuecatEventsOf } from '../../../sandbox/revenuecat/webhooks';
import type { RevenuecatScenario } from '../../../sandbox/revenuecat/webhooks';

const startMs = Date.UTC(2026, 10, 1, 12);
const day = 86_400_000;
const life: RevenuecatScenario = { type: 'subscription', customerId: 'rc1', subscriptionId: 'tx1', startMs };

type Fields = Record<string, unknown>;

function read(type: string, more: Fields = {}, roles: Record<string, PriceRole> = {}): Reading {
  const event = revenuecatEvent(life, type, { index: 1, atMs: startMs, untilMs: startMs + 30 * day, amount: 1999, more });
  return revenuecat.read(JSON.parse(JSON.stringify(event)), { roleOf: (price) => roles[price] });
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  if (reading.kind !== 'facts' || reading.facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return reading.facts[0] as ReadFact;
}

describe('a purchase', () => {
  it.each<[string, string, Fields, Fields]>([
    ['a start', 'INITIAL_PURCHASE', {}, { kind: 'conversion', occasion: 'start', trial: false, inferredType: 'subscription' }],
    ['a prepaid period', 'INITIAL_PURCHASE', { period_type: 'PREPAID' }, { kind: 'conversion', occasion: 'start', trial: false }],
    [
      'a free trial',
      'INITIAL_PURCHASE',
      { period_type: 'TRIAL', price: 0, price_in_purchased_currency: 0 },
      { kind: 'trial_start', occasion: 'start', trial: true, inferredType: 'free_trial', amountMinor: 0 },
    ],
    [
      'an introductory price',
      'INITIAL_PURCHASE',
      { period_type: 'INTRO' },
      { kind: 'trial_start', occasion: 'start', trial: true, inferredType: 'paid_trial' },
    ],
    [
      'an introductory price of nothing',
      'INITIAL_PURCHASE',
      { period_type: 'INTRO', price_in_purchased_currency: 0 },
      { kind: 'trial_start', trial: true, inferredType: 'free_trial' },
    ],
    ['a renewal', 'RENEWAL', { is_trial_conversion: false }, { kind: 'renewal', trial: false }],
    [
      'the end of a free trial',
      'RENEWAL',
      { is_trial_conversion: true },
      { kind: 'conversion', trial: false, inferredType: 'free_trial' },
    ],
    ['another period at the introductory price', 'RENEWAL', { period_type: 'INTRO' }, { kind: 'renewal', trial: true }],
    [
      'a new trial of who comes back',
      'RENEWAL',
      { period_type: 'TRIAL', price_in_purchased_currency: 0 },
      { kind: 'trial_start', trial: true },
    ],
    ['a one-off', 'NON_RENEWING_PURCHASE', {}, { kind: 'one_off', inferredType: 'lifetime' }],
  ])('%s', (_, type, more, fact) => {
    const told = only(read(type, more)).fact;
    expect(told).toMatchObject({ moneyId: 'tx1..0', occurredAtMs: startMs, currency: 'USD', ...fact });
    if (type === 'RENEWAL') expect(told).not.toHaveProperty('occasion');
    if (type === 'NON_RENEWING_PURCHASE') expect(told).not.toHaveProperty('trial');
  });

  const unknown = { price: null, price_in_purchased_currency: null };

  it.each<[string, string, Fields, Fields]>([
    ['goes without value', 'RENEWAL', { ...unknown, currency: 'EUR' }, { amountMinor: 0, currency: 'EUR', unpriced: true }],
    ['and currency', 'RENEWAL', { ...unknown, currency: null }, { amountMinor: 0, unpriced: true }],
    ['also of a start', 'INITIAL_PURCHASE', unknown, { kind: 'conversion', amountMinor: 0, unpriced: true }],
    [
      'also of an introductory period',
      'INITIAL_PURCHASE',
      { ...unknown, period_type: 'INTRO' },
      { trial: true, inferredType: 'paid_trial', unpriced: true },
    ],
    ['also of a one-off', 'NON_RENEWING_PURCHASE', unknown, { kind: 'one_off', unpriced: true }],
  ])('at an unknown price %s', (_, type, more, fact) => {
    expect(only(read(type, more)).fact).toMatchObject(fact);
  });

  it.each<[string, Fields]>([
    ['a trial, which costs nothing', { ...unknown, period_type: 'TRIAL' }],
    ['a price of nothing', { price: 0, price_in_purchased_currency: 0 }],
    ['a price in dollars only', { price: 4.99, price_in_purchased_currency: null }],
  ])('is not unpriced: %s', (_, more) => {
    expect(only(read('INITIAL_PURCHASE', more)).fact).not.toHaveProperty('unpriced');
  });

  it('is of the subscription, a one-off of itself', () => {
    expect(only(read('RENEWAL')).subscription).toBe('tx1');
    expect(only(read('NON_RENEWING_PURCHASE')).subscription).toBe('tx1..0');
  });

  it('says its period and the role of its product', () => {
    const roles = { 'com.example.premium.monthly': 'regular' } as const;
    expect(only(read('RENEWAL', {}, roles)).fact).toMatchObject({
      periodStartMs: startMs,
      periodEndMs: startMs + 30 * day,
      role: 'regular',
    });
  });

  it.each<[string, Fields, Fields]>([
    ['19.99 USD', { price_in_purchased_currency: 19.99 }, { amountMinor: 1999, currency: 'USD' }],
    ['14.9 EUR', { price_in_purchased_currency: 14.9, currency: 'eur' }, { amountMinor: 1490, currency: 'EUR' }],
    ['1480 JPY', { price_in_purchased_currency: 1480, currency: 'JPY' }, { amountMinor: 1480 }],
    ['5.12 KWD', { price_in_purchased_currency: 5.12, currency: 'KWD' }, { amountMinor: 5120 }],
    ['a float that is not quite 0.90', { price_in_purchased_currency: 0.30000000000000004 + 0.6 }, { amountMinor: 90 }],
    ['a conversion with more digits', { price_in_purchased_currency: 25.487 }, { amountMinor: 2549 }],
    ['less than half a cent more', { price_in_purchased_currency: 25.4849 }, { amountMinor: 2548 }],
    [
      'dollars, where the currency is unknown',
      { currency: null, price_in_purchased_currency: null, price: 4.99 },
      { amountMinor: 499 },
    ],
    ['tax in it', { tax_percentage: 0.1109 }, { amountMinor: 1999, netMinor: 1777 }],
    ['an unknown tax', { tax_percentage: null }, { amountMinor: 1999 }],
  ])('of %s', (_, more, fact) => {
    expect(only(read('RENEWAL', more)).fact).toMatchObject(fact);
  });

  it.each<[string, Fields, RegExp]>([
    ['a negative price', { price_in_purchased_currency: -1 }, /price_in_purchased_currency/],
    ['a price beyond all numbers', { price_in_purchased_currency: 1e21 }, /price_in_purchased_currency/],
    ['words for a price', { price_in_purchased_currency: '19.99' }, /price_in_purchased_currency/],
    ['a currency that is none', { currency: 'EURO' }, /event\.currency/],
    ['no transaction', { transaction_id: null }, /event\.transaction_id/],
    ['no time', { event_timestamp_ms: 'now' }, /event\.event_timestamp_ms/],
  ])('is unreadable with %s', (_, more, reason) => {
    expect(read('RENEWAL', more)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it.each<[string, Fields]>([
    ['was shared within a family', { is_family_share: true }],
    ['was granted by the merchant', { period_type: 'PROMOTIONAL', price: 0, price_in_purchased_currency: 0 }],
  ])('is none if it %s', (_, more) => {
    expect(read('INITIAL_PURCHASE', more)).toMatchObject({ kind: 'ignored' });
  });
});

describe('the net amount', () => {
  it.each([
    [1999, 0.2, 1599],
    [1999, 0, 1999],
    [1999, 1, 0],
    [1999, 1.5, undefined],
    [1999, -0.1, undefined],
    [1999, NaN, undefined],
    [1999, undefined, undefined],
  ])('of %p with a tax of %p is %p', (amount, share, net) => {
    expect(netOf(amount, share)).toBe(net);
  });
});

describe('who bought', () => {
  const anonymous = '$RCAnonymousID:rc1';

  it.each<[string, Fields, Fields]>([
    ['a signed-in user', { app_user_id: 'u1' }, { userId: 'u1', customerId: anonymous }],
    ['an anonymous one', {}, { customerId: anonymous }],
    [
      'one whose app sent a placeholder',
      { app_user_id: 'unidentified', aliases: [anonymous, 'null', 'u2'] },
      { userId: 'u2', customerId: anonymous },
    ],
    [
      'one of whom nothing else is known',
      { app_user_id: 'u1', original_app_user_id: 'no_user' },
      { userId: 'u1', customerId: 'u1' },
    ],
    ['one who signed in later', { aliases: [anonymous, 7, 'u2'] }, { userId: 'u2', customerId: anonymous }],
    [
      'attributes',
      {
        app_user_id: 'u1',
        subscriber_attributes: {
          $email: { value: 'a@example.com' },
          $phoneNumber: { value: '+4915112345678' },
          $ip: { value: '203.0.113.7' },
          tt_user_id: { value: 'mine' },
          ttclid: { value: 'E.C.P.1' },
          checkout_id: { value: 'c1' },
          consent: { value: 'granted' },
          junk: 'no object',
        },
      },
      {
        userId: 'mine',
        customerId: anonymous,
        email: 'a@example.com',
        phone: '+4915112345678',
        ip: '203.0.113.7',
        ttclid: 'E.C.P.1',
        checkoutId: 'c1',
        consent: 'granted',
      },
    ],
  ])('%s', (_, more, identity) => {
    expect(only(read('RENEWAL', { subscriber_attributes: {}, ...more })).identity).toEqual(identity);
  });
});

describe('what else happens', () => {
  const at = startMs + 2_000;
  const until = startMs + 30 * day;

  it.each<[string, string, Fields, Fields]>([
    [
      'a cancellation',
      'CANCELLATION',
      { cancel_reason: 'UNSUBSCRIBE' },
      { kind: 'cancellation_scheduled', occurredAtMs: at, endsAtMs: until },
    ],
    [
      'one after a failed payment',
      'CANCELLATION',
      { cancel_reason: 'BILLING_ERROR' },
      { kind: 'payment_failed', occurredAtMs: at },
    ],
    ['its undoing', 'UNCANCELLATION', {}, { kind: 'cancellation_undone', occurredAtMs: at }],
    ['an expiration', 'EXPIRATION', { expiration_reason: 'UNSUBSCRIBE' }, { kind: 'ended', occurredAtMs: until }],
    ['a pause that begins', 'EXPIRATION', { expiration_reason: 'SUBSCRIPTION_PAUSED' }, { kind: 'paused', occurredAtMs: until }],
    ['a pause that was set', 'SUBSCRIPTION_PAUSED', {}, { kind: 'paused', occurredAtMs: until }],
    ['a failed payment', 'BILLING_ISSUE', {}, { kind: 'payment_failed', occurredAtMs: at }],
    ['another product', 'PRODUCT_CHANGE', {}, { kind: 'price_changed', occurredAtMs: at }],
    ['an extension', 'SUBSCRIPTION_EXTENDED', {}, { kind: 'updated', occurredAtMs: at }],
  ])('%s', (_, type, more, fact) => {
    expect(only(read(type, more))).toMatchObject({ fact, subscription: 'tx1' });
    expect(only(read(type, more)).fact).toEqual(fact);
  });

  it.each<[string, Fields, Fields]>([
    ['all of it', { price_in_purchased_currency: -19.99 }, { amountMinor: 1999 }],
    ['a part', { price_in_purchased_currency: -5 }, { amountMinor: 500 }],
  ])('a refund of %s', (_, more, fact) => {
    expect(only(read('CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT', ...more })).fact).toEqual({
      kind: 'refund',
      moneyId: 'tx1..0',
      refundId: 'tx1..0:refund',
      occurredAtMs: at,
      cause: 'refund',
      ...fact,
    });
  });

  it('a refund without a price is all of it', () => {
    const { fact } = only(read('CANCELLATION', { cancel_reason: 'CUSTOMER_SUPPORT', price_in_purchased_currency: 0 }));
    expect(fact).not.toHaveProperty('amountMinor');
  });

  it('a reversed refund does not count', () => {
    expect(only(read('REFUND_REVERSED')).fact).toMatchObject({ kind: 'refund', refundId: 'tx1..0:refund', cause: 'dispute_won' });
  });

  it.each(['TEST', 'TRANSFER', 'INVOICE_ISSUANCE', 'TEMPORARY_ENTITLEMENT_GRANT', 'EXPERIMENT_ENROLLMENT', 'TOMORROW'])(
    '%s is ignored, with a reason',
    (type) => {
      expect(revenuecat.read({ event: { type } }, { roleOf: () => undefined })).toMatchObject({
        kind: 'ignored',
        reason: expect.stringMatching(/./) as string,
      });
    },
  );
});

describe('test mode and junk', () => {
  it.each([
    ['SANDBOX', true],
    ['PRODUCTION', false],
    ['MOON', null],
    [undefined, null],
  ])('environment %p', (environment, is) => {
    expect(revenuecat.isTestMode({ event: { environment } })).toBe(is);
  });

  it.each([
    null,
    undefined,
    7,
    'text',
    [],
    {},
    { event: null },
    { event: {} },
    { event: { type: '' } },
    { event: { type: 'RENEWAL' } },
  ])('%j is unreadable', (body) => {
    expect(revenuecat.read(body, { roleOf: () => undefined }).kind).toBe('unreadable');
  });

  it('never throws, and never quotes a value', () => {
    const secret = 'secret@example.com';
    const values = [fc.constant(secret), fc.integer(), fc.constant(null)];
    const types = ['INITIAL_PURCHASE', 'CANCELLATION', 'EXPIRATION'];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.object({ values }), (type, event) => {
        const reading = revenuecat.read({ event: { ...event, type } }, { roleOf: () => undefined });
        expect(JSON.stringify(reading.kind === 'facts' ? '' : reading)).not.toContain(secret);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (body) => {
        revenuecat.read(body, { roleOf: () => undefined });
        revenuecat.isTestMode(body);
        revenuecat.typeOf(body);
      }),
    );
    const whole = revenuecatEventsOf({ ...life, type: 'paid_trial' }).map(({ event }) => event.event);
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.anything(), (event, at, value) => {
        const keys = Object.keys(event);
        revenuecat.read({ event: { ...event, [keys[at % keys.length] ?? '']: value } }, { roleOf: () => undefined });
      }),
    );
  });
});
