import fc from 'fast-check';
import type { PaymentFact, Phase, PriceRole, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { paddle } from '../../../src/psp/paddle';
import {
  paddleAdjustment,
  paddleEvent,
  paddleEventsOf,
  paddleSubscription,
  paddleTransaction,
  transactionId,
} from '../../../sandbox/paddle/webhooks';
import type { Charge, Entity, PaddleScenario } from '../../../sandbox/paddle/webhooks';
import { Order } from '../../support/order-scenario';
import { withoutBought } from '../../support/without-bought';

const startMs = 1_790_000_000_000;
const dayMs = 86_400_000;
const life: PaddleScenario = { type: 'subscription', customerId: 'ctm_1', subscriptionId: 'sub_1', startMs };
const start: Charge = { index: 0, origin: 'web', atMs: startMs, isTrial: false };
const noRoles = { roleOf: () => undefined };

type Fields = Record<string, unknown>;
type Roles = Record<string, PriceRole>;

function read(type: string, entity: object, roles: Roles = {}): Reading {
  const event = paddleEvent(type, entity as Entity, startMs);
  return paddle.read(JSON.parse(JSON.stringify(event)), { roleOf: (price) => roles[price] });
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  if (reading.kind !== 'facts' || reading.facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return reading.facts[0] as ReadFact;
}

/** The phase that the domain gives to the payment of this transaction. */
function phaseOf(...facts: readonly SubscriptionFact[]): Phase | null | undefined {
  return new Order().receives(...facts).records()['txn_1_0']?.phase;
}

function item(change: Fields = {}, priceChange: Fields = {}): Fields {
  const [first] = paddleTransaction(life, start)['items'] as { price: Fields }[];
  return { ...first, ...change, price: { ...first?.price, ...priceChange } };
}

const totalOf = (amount: string, more: Fields = {}): Fields => ({
  details: { totals: { subtotal: amount, discount: '0', tax: '0', total: amount, grand_total: amount, ...more }, line_items: [] },
});
const trial = (unitPrice: Fields | null = null): Fields => ({
  trial_period: { interval: 'day', frequency: 7, requires_payment_method: true, unit_price: unitPrice },
});
const usd = (amount: string): Fields => ({ amount, currency_code: 'USD' });
const oneTime = item({}, { id: 'pri_fee', billing_cycle: null });

describe('a completed transaction', () => {
  const completed = (change: Fields = {}, roles: Roles = {}): ReadFact =>
    only(read('transaction.completed', { ...paddleTransaction(life, start), ...change }, roles));

  it.each<[string, Fields, object]>([
    [
      'a start without trial',
      {},
      { kind: 'conversion', occasion: 'start', inferredType: 'subscription', periodStartMs: startMs },
    ],
    ['a start by the API', { origin: 'api' }, { kind: 'conversion', occasion: 'start' }],
    ['a start by a 100 % discount', totalOf('0'), { kind: 'conversion', occasion: 'start', amountMinor: 0 }],
    [
      'a free trial',
      { items: [item({}, trial())], ...totalOf('0') },
      { kind: 'trial_start', occasion: 'start', inferredType: 'free_trial', amountMinor: 0 },
    ],
    [
      'a paid trial by its own price',
      { items: [item({}, trial(usd('100')))], ...totalOf('100') },
      {
        kind: 'trial_start',
        occasion: 'start',
        inferredType: 'paid_trial',
        amountMinor: 100,
        regularMinor: 1999,
        periodEndMs: startMs + 7 * dayMs,
      },
    ],
    [
      'a paid trial by a one-time item beside a free one',
      { items: [item({}, trial()), oneTime], ...totalOf('100') },
      { kind: 'trial_start', inferredType: 'paid_trial', amountMinor: 100 },
    ],
    [
      'one tried and one paid item: the whole is a start',
      { items: [item({}, trial()), item()] },
      { kind: 'conversion', occasion: 'start' },
    ],
    ['a recurring payment', { origin: 'subscription_recurring' }, { kind: 'renewal', occasion: 'cycle', periodStartMs: startMs }],
    [
      'a recurring payment whose price still has its trial',
      { origin: 'subscription_recurring', items: [item({}, trial(usd('100')))] },
      { kind: 'renewal', periodEndMs: startMs + 30 * dayMs },
    ],
    [
      'a renewal with rate 1 of proration',
      { origin: 'subscription_recurring', items: [item({ proration: { rate: '1' } })] },
      { kind: 'renewal' },
    ],
    [
      'a proration',
      { origin: 'subscription_update', items: [item({ proration: { rate: '0.5' } })] },
      { kind: 'other_charge', otherCharge: 'proration', occasion: 'change' },
    ],
    [
      'a change of plan',
      { origin: 'subscription_update', items: [item({ proration: { rate: '1' } })] },
      { kind: 'other_charge', otherCharge: 'plan_change', occasion: 'change', periodStartMs: startMs },
    ],
    [
      'a trial that was ended early, whose price still has it',
      { origin: 'subscription_update', items: [item({}, trial())] },
      { kind: 'other_charge', otherCharge: 'plan_change', occasion: 'change', lines: [{ trial: false, amountMinor: 1999 }] },
    ],
    ['a charge on the side', { origin: 'subscription_charge' }, { kind: 'other_charge', otherCharge: 'other_charge' }],
    [
      'a new payment method',
      { origin: 'subscription_payment_method_change', ...totalOf('0') },
      { kind: 'other_charge', otherCharge: 'payment_method_change', amountMinor: 0 },
    ],
    ['an origin of tomorrow', { origin: 'subscription_gift' }, { kind: 'other_charge', otherCharge: 'other_charge' }],
    ['no origin', { origin: null }, { kind: 'other_charge', otherCharge: 'other_charge' }],
    ['a one-time item for a subscriber', { items: [oneTime] }, { kind: 'other_charge', otherCharge: 'other_charge' }],
  ])('reads %s', (_, change, fact) => {
    const told = completed(change);
    expect(told.fact).toMatchObject({ moneyId: 'txn_1_0', currency: 'USD', ...fact });
    if (told.fact.kind === 'other_charge' && !('occasion' in fact)) expect(told.fact).not.toHaveProperty('occasion');
    expect(told.fact).not.toHaveProperty('awaits');
    expect(told.subscription).toBe('sub_1');
  });

  const [annual, seat] = [{ id: 'pri_annual' }, { id: 'pri_seat' }];
  const totalled = (...lineItems: Fields[]): Fields => ({
    details: { totals: { total: '1999', grand_total: '1999', tax: '0' }, line_items: lineItems },
  });
  const unlisted = totalOf('1999');

  it.each<[string, Fields, readonly object[]]>([
    ['a period', {}, [{ amountMinor: 1999, of: 'period', trial: false, items: ['pri_premium'] }]],
    [
      'a free trial',
      { items: [item({}, trial())], ...totalOf('0') },
      [{ amountMinor: 0, of: 'period', trial: true, items: ['pri_premium'] }],
    ],
    [
      'a paid trial',
      { items: [item({}, trial(usd('100')))], ...totalOf('100') },
      [{ amountMinor: 100, of: 'period', trial: true, items: ['pri_premium'] }],
    ],
    [
      'a renewal, whose price still has its trial',
      { origin: 'subscription_recurring', items: [item({}, trial(usd('100')))], ...unlisted },
      [{ amountMinor: 1999, of: 'period', trial: false, items: ['pri_premium'] }],
    ],
    [
      'a fee beside a free trial',
      { items: [item({}, trial()), item({}, { id: 'pri_fee', billing_cycle: null, unit_price: usd('100') })], ...totalOf('100') },
      [
        { amountMinor: 0, of: 'period', trial: true, items: ['pri_premium'] },
        { amountMinor: 100, of: 'once', items: ['pri_fee'] },
      ],
    ],
    [
      'a proration',
      {
        origin: 'subscription_update',
        items: [item({ proration: { rate: '0.5' } })],
        ...totalled({ price_id: 'pri_premium', totals: { total: '999' } }),
      },
      [{ amountMinor: 999, of: 'period', proration: true, trial: false, items: ['pri_premium'] }],
    ],
    [
      'a whole period, of rate 1',
      { origin: 'subscription_update', items: [item({ proration: { rate: '1' } })] },
      [{ amountMinor: 1999, of: 'period', trial: false, items: ['pri_premium'] }],
    ],
    [
      'a discount and tax: the amount is before both',
      totalled({ price_id: 'pri_premium', totals: { subtotal: '1680', discount: '680', tax: '190', total: '1190' } }),
      [{ amountMinor: 1680, of: 'period', trial: false, items: ['pri_premium'] }],
    ],
    ['nothing listed: the price times the quantity', { items: [item({ quantity: 3 })], ...unlisted }, [{ amountMinor: 5997 }]],
    ['junk listed: the price', totalled({ price_id: 'pri_premium', totals: 'junk' }), [{ amountMinor: 1999 }]],
    [
      'two prices, each with its own amount',
      {
        items: [item({}, annual), item({}, seat)],
        ...totalled({ price_id: 'pri_seat', totals: { total: '500' } }, { price_id: 'pri_annual', totals: { total: '1499' } }),
      },
      [
        { amountMinor: 1499, items: ['pri_annual'] },
        { amountMinor: 500, items: ['pri_seat'] },
      ],
    ],
    ['an item that was taken off: none', { items: [item(), item({ quantity: 0 }, seat)] }, [{ items: ['pri_premium'] }]],
    [
      'a price known by its id only',
      { items: [{ price_id: 'pri_x', quantity: 1 }], ...unlisted },
      [{ of: 'once', items: ['pri_x'] }],
    ],
  ])('lists as its lines %s', (_, change, lines) => {
    const { fact } = completed(change);
    expect(fact).toMatchObject({ lines });
    expect(fact).toHaveProperty(['lines', 'length'], lines.length);
    for (const [index, line] of lines.entries()) {
      for (const name of ['proration', 'role']) if (!(name in line)) expect(fact).not.toHaveProperty(['lines', index, name]);
    }
  });

  it('lists no lines of a one-off, nor where there are none', () => {
    expect(completed({ subscription_id: null, items: [oneTime] }).fact).not.toHaveProperty('lines');
    expect(completed({ items: null }).fact).not.toHaveProperty('lines');
  });

  it('of a trial that was ended early is the conversion; in an ordinary change it is none', () => {
    const { fact: changed } = completed({ origin: 'subscription_update', items: [item({}, trial())] });
    const { fact: created } = only(
      read('subscription.created', {
        ...paddleSubscription({ ...life, type: 'free_trial' }, { status: 'trialing', atMs: startMs - dayMs }),
        transaction_id: 'txn_1',
      }),
    );
    expect(phaseOf(created, changed)).toBe('conversion');
    expect(phaseOf(changed)).toBeNull();
    const { fact: prorated } = completed({ origin: 'subscription_update', items: [item({ proration: { rate: '0.5' } })] });
    expect(phaseOf(created, prorated)).toBeNull();
  });

  it('without a subscription is a one-off, and its own order', () => {
    const told = completed({ subscription_id: null, items: [oneTime] });
    expect(told).toMatchObject({
      fact: { kind: 'one_off', inferredType: 'lifetime', moneyId: 'txn_1_0' },
      subscription: 'txn_1_0',
    });
    expect(told.fact).not.toHaveProperty('periodEndMs');
  });

  it('of a recurring price that names no subscription is kept, not guessed', () => {
    const reading = read('transaction.completed', { ...paddleTransaction(life, start), subscription_id: null });
    expect(reading).toEqual({ kind: 'unreadable', reason: 'data.subscription_id: expected string' });
  });

  it('happened when the money was taken, else when it was billed, else made', () => {
    expect(completed().fact.occurredAtMs).toBe(startMs + 1000);
    expect(completed({ payments: [{ status: 'error', captured_at: null }] }).fact.occurredAtMs).toBe(startMs);
    expect(completed({ payments: [], billed_at: null }).fact.occurredAtMs).toBe(startMs - 60_000);
    expect(completed({ payments: 'junk', billed_at: 'soon', created_at: null }).fact.occurredAtMs).toBe(startMs);
  });

  it.each<[string, string, number]>([
    ['USD', '1999', 1999],
    ['JPY', '1480', 1480],
    ['KRW', '9900', 9900],
    ['CLP', '5000', 5000],
    ['VND', '250000', 250000],
    ['HUF', '199000', 199000],
    ['TWD', '3000', 3000],
    ['COP', '1000000', 1000000],
  ])('in %s is in ISO minor units', (currency_code, amount, amountMinor) => {
    expect(completed({ currency_code, ...totalOf(amount) }).fact).toMatchObject({ currency: currency_code, amountMinor });
  });

  it('knows what it is without tax only where no credit paid a part', () => {
    expect(completed(totalOf('1999', { tax: '319' })).fact).toHaveProperty('netMinor', 1680);
    expect(completed(totalOf('1999', { tax: '319', grand_total: '999' })).fact).toMatchObject({ amountMinor: 999 });
    expect(completed(totalOf('1999', { tax: '319', grand_total: '999' })).fact).not.toHaveProperty('netMinor');
  });

  it('knows the regular price before a discount, in the currency that was charged', () => {
    expect(completed(totalOf('999')).fact).toHaveProperty('regularMinor', 1999);
    expect(completed({ items: [item({ quantity: 3 })] }).fact).toHaveProperty('regularMinor', 5997);
    expect(completed({ currency_code: 'GBP' }).fact).not.toHaveProperty('regularMinor');
  });

  it.each<[string, Fields, Roles, object, Phase | null]>([
    [
      'an introductory price',
      {},
      { pri_premium: 'trial' },
      { kind: 'trial_start', inferredType: 'paid_trial', role: 'trial' },
      'trial_start',
    ],
    ['the regular price', {}, { pri_premium: 'regular' }, { kind: 'conversion', role: 'regular' }, 'conversion'],
    ['an ignored price', {}, { pri_premium: 'ignore' }, { kind: 'conversion', role: 'ignore' }, null],
    [
      'the regular price in its paid trial, which is the same price',
      { items: [item({}, trial(usd('100')))], ...totalOf('100') },
      { pri_premium: 'regular' },
      { kind: 'trial_start', inferredType: 'paid_trial', role: undefined },
      'trial_start',
    ],
    [
      'the price of a trial when it renews, which is the same price',
      { origin: 'subscription_recurring', items: [item({}, trial(usd('100')))] },
      { pri_premium: 'trial' },
      { kind: 'renewal', role: undefined },
      'renewal',
    ],
    [
      'an ignored add-on beside a free trial',
      { items: [item({}, trial()), oneTime], ...totalOf('500') },
      { pri_fee: 'ignore' },
      { kind: 'trial_start', inferredType: 'free_trial', role: undefined },
      'trial_start',
    ],
    [
      'the fee of a trial',
      { items: [item({}, trial()), oneTime], ...totalOf('500') },
      { pri_fee: 'trial', pri_premium: 'regular' },
      { kind: 'trial_start', inferredType: 'paid_trial', role: 'trial' },
      'trial_start',
    ],
    [
      'a lifetime price',
      { subscription_id: null, items: [oneTime] },
      { pri_fee: 'lifetime' },
      { kind: 'one_off', role: 'lifetime' },
      'conversion',
    ],
  ])("asks the merchant's map: %s", (_, change, roles, fact, phase) => {
    const told = completed(change, roles).fact;
    expect({ role: undefined, ...told }).toMatchObject(fact);
    expect(phaseOf(told)).toBe(phase);
  });

  it('of a free trial with an ignored add-on is a free trial, where the lines state their amounts', () => {
    const details = {
      totals: { total: '500', grand_total: '500', tax: '0' },
      line_items: [
        { price_id: 'pri_premium', totals: { total: '0' } },
        { price_id: 'pri_fee', totals: { total: '500' } },
      ],
    };
    const told = completed({ items: [item({}, trial()), oneTime], details }, { pri_fee: 'ignore' });
    expect(told.fact).toMatchObject({ kind: 'trial_start', inferredType: 'free_trial', amountMinor: 500 });
    expect(told.fact).not.toHaveProperty('role');
  });

  it.each<[PurchaseType, Fields, PaymentFact['kind'], Phase | null]>([
    ['paid_trial', {}, 'trial_start', 'trial_start'],
    ['free_trial', totalOf('0'), 'trial_start', 'trial_start'],
    ['subscription', { items: [item({}, trial())], ...totalOf('0') }, 'conversion', null],
    ['subscription', { origin: 'subscription_update' }, 'other_charge', null],
    ['lifetime', { origin: 'subscription_recurring' }, 'renewal', 'conversion'],
  ])('with the declared type %s and %j reads like a %s', (declaredType, change, kind, phase) => {
    const told = completed({ ...change, custom_data: { purchase_type: declaredType } }).fact;
    expect(told).toMatchObject({ kind, declaredType });
    expect(phaseOf(told)).toBe(phase);
  });

  it('of a trial that the merchant declares away starts none', () => {
    const free = { items: [item({}, trial())], ...totalOf('0') };
    expect(phaseOf(completed(free).fact)).toBe('trial_start');
    expect(phaseOf(completed({ ...free, custom_data: { purchase_type: 'free_trial' } }).fact)).toBe('trial_start');
    expect(phaseOf(completed({ ...free, custom_data: { purchase_type: 'subscription' } }).fact)).toBeNull();
  });

  it("reads the buyer from custom data, then Paddle's customer", () => {
    const told = completed({ custom_data: { tt_user_id: 'u1', checkout_id: 'c1' }, customer: { email: 'a@example.com' } });
    expect(told.identity).toEqual({ userId: 'u1', checkoutId: 'c1', customerId: 'ctm_1', email: 'a@example.com' });
    expect(completed({ custom_data: null }).identity).toEqual({ customerId: 'ctm_1' });
    expect(completed({ custom_data: 'junk', customer: 7 }).identity).toEqual({ customerId: 'ctm_1' });
  });
});

describe('a payment that failed', () => {
  it.each(['transaction.payment_failed', 'transaction.past_due'])('%s of a subscription is told by its transaction', (type) => {
    const charge: Charge = { ...start, index: 1, origin: 'subscription_recurring' };
    const told = only(read(type, { ...paddleTransaction(life, charge), status: 'past_due', payments: [] }));
    expect(told).toMatchObject({
      fact: { kind: 'payment_failed', moneyId: 'txn_1_1', occurredAtMs: startMs, amountMinor: 1999, currency: 'USD' },
      subscription: 'sub_1',
    });
  });

  it('in a checkout may still succeed', () => {
    expect(read('transaction.payment_failed', { ...paddleTransaction(life, start), subscription_id: null }).kind).toBe('ignored');
  });
});

describe('a subscription', () => {
  const state = (type: string, status: string, change: Fields = {}, of: PaddleScenario = life): Reading =>
    read(`subscription.${type}`, { ...paddleSubscription(of, { status, atMs: startMs }), ...change });
  const trialing: PaddleScenario = { ...life, type: 'free_trial' };
  const dates = { startsAtMs: startMs, endsAtMs: startMs + 7 * dayMs };

  it.each<[string, Reading, object]>([
    ['created', state('created', 'active', { transaction_id: 'txn_1' }), { kind: 'began', occurredAtMs: startMs, trials: [] }],
    ['created on trial', state('created', 'trialing', { transaction_id: 'txn_1' }, trialing), { kind: 'began', trials: [dates] }],
    [
      'created on a paid trial',
      state('created', 'trialing', { transaction_id: 'txn_1' }, { ...life, type: 'paid_trial' }),
      { kind: 'began', trials: [{ ...dates, kind: 'paid' }] },
    ],
    ['trialing', state('trialing', 'trialing', {}, trialing), { kind: 'began', trials: [dates] }],
    ['activated', state('activated', 'active', {}, trialing), { kind: 'updated', trials: [dates] }],
    ['imported', state('imported', 'active'), { kind: 'updated' }],
    ['updated', state('updated', 'active'), { kind: 'cancellation_undone' }],
    [
      'set to be canceled',
      state('updated', 'active', { scheduled_change: { action: 'cancel', effective_at: '2026-10-21T14:13:20Z' } }),
      { kind: 'cancellation_scheduled', endsAtMs: Date.parse('2026-10-21T14:13:20Z') },
    ],
    ['set to be paused', state('updated', 'active', { scheduled_change: { action: 'pause' } }), { kind: 'cancellation_undone' }],
    ['canceled', state('canceled', 'canceled'), { kind: 'ended', occurredAtMs: startMs }],
    ['updated to canceled', state('updated', 'canceled'), { kind: 'ended', occurredAtMs: startMs }],
    ['paused', state('paused', 'paused'), { kind: 'paused', occurredAtMs: startMs }],
    ['resumed', state('resumed', 'active'), { kind: 'resumed' }],
    ['past due', state('past_due', 'past_due'), { kind: 'payment_failed' }],
  ])('that was %s', (_, reading, fact) => {
    const told = only(reading);
    expect(told.fact).toMatchObject(fact);
    if (!('trials' in fact)) expect(told.fact).not.toHaveProperty('trials');
    expect(told).toMatchObject({ subscription: 'sub_1', identity: { customerId: 'ctm_1' } });
  });

  it('says of its trial that it is free only where no payment method was taken: with one, a fee may have paid for it', () => {
    const trialsOf = (of: PaddleScenario): unknown => {
      const { fact } = only(state('created', 'trialing', { transaction_id: 'txn_1' }, of));
      return 'trials' in fact ? fact.trials : undefined;
    };
    expect(trialsOf(trialing)).toEqual([dates]);
    expect(trialsOf({ ...trialing, isCardless: true })).toEqual([{ ...dates, kind: 'free' }]);
    expect(trialsOf({ ...life, type: 'paid_trial', paidTrial: 'fee' })).toEqual([dates]);
    expect(trialsOf({ ...life, type: 'paid_trial' })).toEqual([{ ...dates, kind: 'paid' }]);
  });

  it('says once that there is no trial, when it was created: later the traces of one may be gone', () => {
    expect(only(state('created', 'active', { transaction_id: 'txn_1' })).fact).toHaveProperty('trials', []);
    expect(only(state('activated', 'active')).fact).not.toHaveProperty('trials');
    expect(only(state('updated', 'active')).fact).not.toHaveProperty('trials');
  });

  it('that began on a trial without payment method is itself the trial start', () => {
    const cardless: PaddleScenario = { ...trialing, isCardless: true, currency: 'EUR' };
    const reading = state('created', 'trialing', { transaction_id: null }, cardless);
    expect(withoutBought(reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact) : [])).toEqual([
      { kind: 'began', occurredAtMs: startMs, trials: [{ ...dates, kind: 'free' }] },
      {
        kind: 'trial_start',
        moneyId: 'sub_1:trial',
        occurredAtMs: startMs,
        amountMinor: 0,
        currency: 'EUR',
        regularMinor: 1999,
        inferredType: 'free_trial',
        occasion: 'start',
        trial: true,
        periodStartMs: startMs,
        periodEndMs: startMs + 7 * dayMs,
      },
    ]);
    expect(only(state('created', 'trialing', { transaction_id: 'txn_1' }, cardless)).fact.kind).toBe('began');
  });
});

describe('an adjustment', () => {
  const adjusted = (change: Parameters<typeof paddleAdjustment>[1], of: PaddleScenario = life): Reading =>
    read('adjustment.updated', paddleAdjustment(of, change));
  const some = { index: 0, atMs: startMs, amount: 500 };

  it.each<[string, Reading, object]>([
    ['an approved refund', adjusted(some), { refundId: 'adj_1_0_refund', cause: 'refund', amountMinor: 500 }],
    ['a chargeback', adjusted({ ...some, action: 'chargeback' }), { refundId: 'txn_1_0:chargeback', cause: 'dispute' }],
    [
      'one that was won',
      adjusted({ ...some, action: 'chargeback_reverse' }),
      { refundId: 'txn_1_0:chargeback', cause: 'dispute_won' },
    ],
    ['one that was reversed', adjusted({ ...some, action: 'chargeback', status: 'reversed' }), { cause: 'dispute_won' }],
  ])('that is %s counts', (_, reading, fact) => {
    expect(only(reading)).toEqual({
      fact: expect.objectContaining({ kind: 'refund', moneyId: 'txn_1_0', occurredAtMs: startMs, ...fact }) as object,
      subscription: 'sub_1',
      identity: {},
      paymentIds: [],
    });
  });

  it('of a one-off names only the payment', () => {
    expect(only(adjusted(some, { ...life, type: 'lifetime' })).subscription).toBeNull();
  });

  it('has one id in both events', () => {
    expect(read('adjustment.created', paddleAdjustment(life, some))).toEqual(adjusted(some));
  });

  it.each<[string, string | undefined]>([
    ['refund', 'pending_approval'],
    ['refund', 'rejected'],
    ['refund', 'reversed'],
    ['credit', 'approved'],
    ['credit_reverse', 'approved'],
    ['chargeback_warning', 'approved'],
    ['chargeback_warning_reverse', 'approved'],
    ['gift', 'approved'],
  ])('%s, %s, moves no money', (action, status) => {
    expect(adjusted({ ...some, action, ...(status === undefined ? {} : { status }) }).kind).toBe('ignored');
  });
});

describe('anything else', () => {
  it.each([
    'transaction.paid',
    'transaction.updated',
    'transaction.billed',
    'transaction.canceled',
    'customer.created',
    'payout.paid',
    'constructor',
  ])('%s is not needed, and the reason says so', (type) => {
    expect(read(type, paddleTransaction(life, start))).toEqual({ kind: 'ignored', reason: expect.stringMatching(/./) as string });
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /expected object/],
    ['a text', 'hello', /expected object/],
    ['no type', { data: {} }, /event_type/],
    ['no data', { event_type: 'transaction.completed' }, /^data: /],
    ['no amount', broken({ details: { totals: {} } }), /data\.details\.totals\.grand_total/],
    ['a decimal amount', broken(totalOf('19.99')), /data\.details\.totals\.grand_total/],
    ['a negative amount', broken(totalOf('-1')), /data\.details\.totals\.grand_total/],
    ['an amount beyond all', broken(totalOf('9'.repeat(30))), /data\.details\.totals\.grand_total/],
    ['no currency', broken({ currency_code: 'XXQ' }), /^data.currency_code: expected an ISO 4217 currency/],
    ['items that are none', broken({ items: 'many' }), /^data.items/],
    ['no id', broken({ id: '' }), /^data.id/],
    ['an undated state', { event_type: 'subscription.updated', data: { id: 'sub_1' } }, /expected a date/],
    [
      'an undated refund',
      {
        event_type: 'adjustment.created',
        data: { ...paddleAdjustment(life, { index: 0, atMs: startMs, amount: 1 }), created_at: 'x' },
      },
      /expected a date/,
    ],
  ])('that we should know but cannot read is kept: %s', (_, body, reason) => {
    const reading = paddle.read(body, noRoles);
    expect(reading).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it('never quotes a value', () => {
    const reading = paddle.read(broken({ id: 7, currency_code: 'secret', origin: 'x' }), noRoles);
    expect(JSON.stringify(reading)).not.toContain('secret');
  });

  it('never makes it throw', () => {
    const types = [
      'transaction.completed',
      'transaction.past_due',
      'subscription.created',
      'subscription.updated',
      'adjustment.created',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.anything(), (event_type, data) => {
        const reading = paddle.read({ event_type, data, occurred_at: data }, noRoles);
        return ['facts', 'ignored', 'unreadable'].includes(reading.kind);
      }),
    );
    fc.assert(fc.property(fc.anything(), (body) => typeof paddle.read(body, noRoles).kind === 'string'));
  });

  it('never makes it throw where one field is junk', () => {
    const { event } = paddleEventsOf({ ...life, type: 'paid_trial' }).find(({ phase }) => phase === 'trial_start')!;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(event.data)), fc.anything(), (name, junk) => {
        const reading = paddle.read({ ...event, data: { ...event.data, [name]: junk } }, noRoles);
        return reading.kind === 'facts' || reading.kind === 'unreadable';
      }),
    );
  });

  it('is test mode only where the event is marked as a simulation', () => {
    expect(paddle.isTestMode({ event_id: 'ntfsimevt_01', notification_id: 'ntfsimntf_01' })).toBe(true);
    expect(paddle.isTestMode({ event_id: 'evt_01', notification_id: 'ntf_01' })).toBeNull();
    expect(paddle.isTestMode(null)).toBeNull();
    expect(paddle.typeOf(null)).toBe('unknown');
  });
});

function broken(change: Fields): unknown {
  return { event_type: 'transaction.completed', data: { ...paddleTransaction(life, start), ...change } };
}

it('ids of the sandbox are derived', () => {
  expect(transactionId(life, 2)).toBe('txn_1_2');
});
