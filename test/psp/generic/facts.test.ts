import fc from 'fast-check';
import { generic } from '../../../src/psp/generic';
import type { PurchaseType } from '../../../src/domain/fact';
import { genericEventsOf } from '../../../sandbox/generic/webhooks';
import { withoutMetadata } from '../../support/without-metadata';

const context = { roleOf: () => undefined };
const read = (body: unknown) => generic.read(body, context);
const occurredAtMs = Date.parse('2026-11-22T10:00:00Z');
const payment = {
  kind: 'renewal',
  subscription_id: 'sub_1',
  money_id: 'pay_1',
  amount: '19.99',
  currency: 'USD',
  occurred_at: '2026-11-22T10:00:00Z',
};
const money = { moneyId: 'pay_1', occurredAtMs, amountMinor: 1999, currency: 'USD' };

describe('the generic webhook', () => {
  it.each([
    ['a renewal', {}, { kind: 'renewal', ...money }, 'sub_1'],
    ['a conversion', { kind: 'conversion' }, { kind: 'conversion', ...money }, 'sub_1'],
    ['a paid trial', { kind: 'trial_start' }, { kind: 'trial_start', ...money, inferredType: 'paid_trial' }, 'sub_1'],
    [
      'a declared type',
      { purchase_type: 'paid_trial', metadata: { purchase_type: 'lifetime' } },
      { kind: 'renewal', ...money, declaredType: 'paid_trial' },
      'sub_1',
    ],
    [
      'a type in the metadata',
      { metadata: { purchase_type: 'lifetime' } },
      { kind: 'renewal', ...money, declaredType: 'lifetime' },
      'sub_1',
    ],
    ['a one-off, its own order', { kind: 'one_off' }, { kind: 'one_off', ...money, inferredType: 'lifetime' }, 'pay_1'],
    ['an amount as a number', { amount: 19.99 }, { kind: 'renewal', ...money }, 'sub_1'],
    ['a currency in lower case', { currency: 'usd' }, { kind: 'renewal', ...money }, 'sub_1'],
    ['a time with an offset', { occurred_at: '2026-11-22T12:00:00.000+02:00' }, { kind: 'renewal', ...money }, 'sub_1'],
    ['a time as Python writes it', { occurred_at: '2026-11-22 12:00:00+0200' }, { kind: 'renewal', ...money }, 'sub_1'],
    ['a time without seconds, in small letters', { occurred_at: '2026-11-22t10:00z' }, { kind: 'renewal', ...money }, 'sub_1'],
    ['an id that is a number', { subscription_id: 7 }, { kind: 'renewal', ...money }, '7'],
    [
      'no decimals',
      { amount: '1480', currency: 'JPY' },
      { kind: 'renewal', ...money, amountMinor: 1480, currency: 'JPY' },
      'sub_1',
    ],
    [
      'three decimals',
      { amount: '5.12', currency: 'KWD' },
      { kind: 'renewal', ...money, amountMinor: 5120, currency: 'KWD' },
      'sub_1',
    ],
    ['a cancellation', { kind: 'cancelled' }, { kind: 'cancellation_scheduled', occurredAtMs }, 'sub_1'],
    ['the end', { kind: 'ended' }, { kind: 'ended', occurredAtMs }, 'sub_1'],
    ['a failure', { kind: 'payment_failed' }, { kind: 'payment_failed', ...money }, 'sub_1'],
    [
      'a refund',
      { kind: 'refund', refund_id: 're_1' },
      { kind: 'refund', ...money, currency: undefined, refundId: 're_1', cause: 'refund' },
      'sub_1',
    ],
  ])('reads %s', (_, change, fact, subscription) => {
    expect(withoutMetadata(read({ ...payment, ...change }))).toEqual({
      kind: 'facts',
      facts: [{ fact, subscription, identity: {}, paymentIds: [] }],
    });
  });

  it.each([
    ['nothing of money', {}, 'sub_1:trial', 'USD'],
    ['a currency', { currency: 'EUR' }, 'sub_1:trial', 'EUR'],
    ['a zero', { amount: '0.00', currency: 'EUR' }, 'sub_1:trial', 'EUR'],
    ['a payment of its own', { money_id: 'pay_1', amount: '0', currency: 'EUR' }, 'pay_1', 'EUR'],
    ['its type', { money_id: 'pay_1', purchase_type: 'free_trial' }, 'pay_1', 'USD'],
  ])('reads the start of a free trial with %s', (_, change, moneyId, currency) => {
    const trial = { kind: 'trial_start', subscription_id: 'sub_1', occurred_at: payment.occurred_at };
    const reading = read({ ...trial, ...change });
    expect(reading).toMatchObject({
      facts: [
        { fact: { kind: 'trial_start', moneyId, amountMinor: 0, currency, inferredType: 'free_trial' }, subscription: 'sub_1' },
      ],
    });
  });

  it('counts a repeated refund once, and two refunds twice', () => {
    const refund = (change: object) => {
      const reading = read({ kind: 'refund', money_id: 'pay_1', occurred_at: payment.occurred_at, ...change });
      const [only] = reading.kind === 'facts' ? reading.facts : [];
      return only?.fact.kind === 'refund' ? only : null;
    };
    expect(refund({})?.subscription).toBeNull();
    expect(refund({})?.fact).not.toHaveProperty('amountMinor');
    expect(refund({})).toEqual(refund({}));
    const part = refund({ amount: '1.00', currency: 'USD' });
    expect(part?.fact).toMatchObject({ amountMinor: 100 });
    expect(refund({ amount: '-1.00', currency: 'USD' })?.fact).toMatchObject({ amountMinor: 100 });
    expect(part?.fact).not.toEqual(refund({ amount: '2.00', currency: 'USD' })?.fact);
  });

  it('reads who bought', () => {
    const reading = read({
      ...payment,
      customer_id: 'cus_1',
      metadata: { user_id: 'u1', checkout_id: 'c1', email: 'a@example.com' },
    });
    expect(reading).toMatchObject({
      facts: [{ identity: { customerId: 'cus_1', userId: 'u1', checkoutId: 'c1', email: 'a@example.com' } }],
    });
  });

  it.each([
    ['NUL', 'chk\u0000-7'],
    ['half a surrogate', 'chk-\ud83d'],
    ['a line break', 'chk\n7'],
    ['3,000 characters', 'c'.repeat(3_000)],
    ['nobody', 'guest'],
    ['an object', { id: 'c1' }],
  ])('leaves out a customer’s and a checkout’s id with %s, and keeps the payment', (_, id) => {
    expect(withoutMetadata(read({ ...payment, customer_id: id, metadata: { user_id: 'u1', checkout_id: id } }))).toEqual({
      kind: 'facts',
      facts: [{ fact: { kind: 'renewal', ...money }, subscription: 'sub_1', identity: { userId: 'u1' }, paymentIds: [] }],
    });
  });

  it.each(['constructor', '__proto__', '0', 'a/b/c d?e#f%2F', 'sub-😀'])('reads the order %j', (subscription) => {
    expect(read({ ...payment, subscription_id: subscription })).toMatchObject({ facts: [{ subscription }] });
  });

  it.each([
    ['no kind', { kind: undefined }, /^kind/],
    ['an order with NUL', { subscription_id: 'sub\u0000' }, /^subscription_id: expected a text/],
    ['an order with half a surrogate', { subscription_id: 'sub\ud83d' }, /^subscription_id: expected a text/],
    ['an order of 201 characters', { subscription_id: 's'.repeat(201) }, /^subscription_id: expected a text/],
    ['a payment with a line break', { money_id: 'pay\n1' }, /^money_id: expected a text/],
    ['an unknown kind', { kind: 'refunded' }, /^kind/],
    ['a word for a missing id', { money_id: 'undefined' }, /^money_id/],
    ['a word for a missing order', { subscription_id: 'null' }, /^subscription_id/],
    ['such a word with a zero-width space', { money_id: 'null\u200b' }, /^money_id: required/],
    ['such a word in full width', { subscription_id: 'ｎｕｌｌ' }, /^subscription_id: required/],
    ['no time', { occurred_at: undefined }, /^occurred_at/],
    ['a time without offset', { occurred_at: '2026-11-22T10:00:00' }, /^occurred_at/],
    ['a day', { occurred_at: '2026-11-22' }, /^occurred_at/],
    ['a time that is none', { occurred_at: '2026-02-30T10:00:00Z' }, /^occurred_at/],
    ['Unix seconds', { occurred_at: 1_790_000_000 }, /^occurred_at/],
    ['no payment', { money_id: undefined }, /^money_id: required/],
    ['an empty payment', { money_id: ' ' }, /^money_id/],
    ['no subscription', { subscription_id: null }, /^subscription_id: required/],
    ['no amount', { amount: undefined }, /^amount: required/],
    ['no currency', { currency: undefined }, /^currency: required/],
    ['a currency that is none', { currency: 'XXQ' }, /^currency/],
    ['an amount in words', { amount: 'abc' }, /^amount/],
    ['a negative amount', { amount: '-1.00' }, /^amount/],
    ['too many decimals', { amount: '1.001' }, /^amount/],
    ['decimals that yen do not have', { amount: '1.5', currency: 'JPY' }, /^amount/],
    ['an amount that no double holds', { amount: 0.1 + 0.2 }, /^amount/],
    ['an amount in e-notation', { amount: 1e21 }, /^amount/],
    ['an unknown type', { purchase_type: 'weekly' }, /^purchase_type/],
    ['a paid trial without amount', { kind: 'trial_start', purchase_type: 'paid_trial', amount: undefined }, /^amount: required/],
    ['a paid trial without payment', { kind: 'trial_start', money_id: undefined }, /^money_id: required/],
    ['a trial without subscription', { kind: 'trial_start', subscription_id: undefined }, /^subscription_id: required/],
    ['a one-off without payment', { kind: 'one_off', money_id: undefined }, /^money_id: required/],
    ['a refund without payment', { kind: 'refund', money_id: undefined }, /^money_id: required/],
    ['a refund whose amount has no currency', { kind: 'refund', currency: undefined }, /^currency: required/],
    [
      'a failure of nothing',
      { kind: 'payment_failed', money_id: undefined, subscription_id: undefined },
      /^subscription_id: required/,
    ],
    ['an end of nothing', { kind: 'ended', subscription_id: undefined }, /^subscription_id: required/],
  ])('does not read a body with %s, and says where', (_, change, reason) => {
    expect(withoutMetadata(read({ ...payment, ...change }))).toEqual({
      kind: 'unreadable',
      reason: expect.stringMatching(reason) as string,
    });
  });

  it('never says a value in its reason', () => {
    const reading = read({ ...payment, amount: 'secret@example.com', currency: 'secret', occurred_at: 'secret' });
    expect(JSON.stringify(reading)).not.toContain('secret');
  });

  it.each([null, 42, 'x', [], {}])('does not read %j', (body) => {
    expect(read(body).kind).toBe('unreadable');
    expect(generic.typeOf(body)).toBe('unknown');
    expect(generic.isTestMode(body)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (body) => void read(body)));
    fc.assert(
      fc.property(
        fc.record({ kind: fc.constantFrom('trial_start', 'refund', 'one_off'), amount: fc.anything(), metadata: fc.anything() }),
        (body) => {
          void read({ ...payment, ...body });
        },
      ),
    );
  });

  it.each<PurchaseType>(['subscription', 'free_trial', 'paid_trial', 'lifetime'])("reads the sandbox's life of %s", (type) => {
    const life = genericEventsOf({ type, subscriptionId: 'sub_1', startMs: occurredAtMs, userId: 'u1' });
    for (const { phase, event } of life) {
      const reading = read(event);
      const kind = type === 'lifetime' ? 'one_off' : phase;
      expect(reading).toMatchObject({
        kind: 'facts',
        facts: [{ fact: { kind, declaredType: type }, identity: { userId: 'u1' } }],
      });
    }
  });
});
