import fc from 'fast-check';
import type { PriceRole } from '../../../src/domain/fact';
import type { Reading, ReadFact } from '../../../src/psp/adapter';
import { solidgate } from '../../../src/psp/solidgate';
import { solidgateOrder, solidgateSubscription } from '../../../sandbox/solidgate/webhooks';
import type { SolidgateScenario } from '../../../sandbox/solidgate/webhooks';
import { runs } from '../../support/effort';

type Fields = Record<string, unknown>;

const startMs = Date.UTC(2026, 10, 1, 12);
const dayMs = 86_400_000;
const life: SolidgateScenario = {
  type: 'subscription',
  customerId: 'acc_1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
};
const first = { term: 1, index: 0, startMs, endMs: startMs + 30 * dayMs, amount: 1999 };
const second = { term: 2, index: 1, startMs: first.endMs, endMs: first.endMs + 30 * dayMs, amount: 1999 };
const trial = { term: 0, index: 0, startMs, endMs: startMs + 7 * dayMs, amount: 100 };
const converted = { term: 1, index: 1, startMs: trial.endMs, endMs: trial.endMs + 30 * dayMs, amount: 1999 };
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

function read(body: unknown, roles: Record<string, PriceRole> = {}, headers?: Record<string, string>): Reading {
  return solidgate.read(JSON.parse(JSON.stringify(body)), { roleOf: (price) => roles[price] }, headers);
}

function factsOf(reading: Reading): readonly ReadFact[] {
  if (reading.kind !== 'facts') throw new Error(`expected facts: ${JSON.stringify(reading)}`);
  return reading.facts;
}

interface Change {
  readonly subscription?: Fields;
  readonly product?: Fields;
  readonly invoice?: Fields;
  readonly order?: Fields;
}

/** A snapshot with something else in some of its parts. */
function snapshot(
  of: SolidgateScenario,
  callback: string,
  period: typeof first,
  change: Change = {},
  invoiceStatus = 'success',
): Fields {
  const body = JSON.parse(JSON.stringify(solidgateSubscription(of, callback, period, invoiceStatus))) as Record<string, Fields>;
  const [[id, invoice]] = Object.entries(body.invoices as Record<string, Fields>) as [[string, Fields]];
  const [[orderId, order]] = Object.entries(invoice.orders as Record<string, Fields>) as [[string, Fields]];
  const orders = { [orderId]: { ...order, ...change.order } };
  return {
    ...body,
    subscription: { ...body.subscription, ...change.subscription },
    product: { ...body.product, ...change.product },
    invoices: { [id]: { ...invoice, orders, ...change.invoice } },
  };
}

const paymentsIn = (body: Fields, roles: Record<string, PriceRole> = {}): readonly object[] =>
  factsOf(read(body, roles))
    .map(({ fact }) => fact)
    .filter((fact) => 'currency' in fact && fact.kind !== 'payment_failed');

describe('the invoice of a snapshot', () => {
  const paidTrial: SolidgateScenario = { ...life, type: 'paid_trial' };
  const freeTrial: SolidgateScenario = { ...life, type: 'free_trial' };
  const free = { ...trial, amount: 0 };
  const late = { subscription: { trial: false } };

  it.each<[string, Fields, object]>([
    [
      'a start without a trial',
      snapshot(life, 'active', first),
      { kind: 'conversion', occasion: 'start', paidPeriod: 'first', trial: false, inferredType: 'subscription' },
    ],
    ['a legacy start', snapshot(life, 'init', first), { kind: 'conversion', occasion: 'start' }],
    [
      'a paid trial',
      snapshot(paidTrial, 'active', trial),
      {
        kind: 'trial_start',
        inferredType: 'paid_trial',
        amountMinor: 100,
        occasion: 'start',
        trial: true,
        paidPeriod: undefined,
      },
    ],
    [
      'a free trial by verification',
      snapshot(freeTrial, 'active', free),
      { kind: 'trial_start', inferredType: 'free_trial', amountMinor: 0 },
    ],
    [
      'a free trial whose verification is not given back yet',
      snapshot(freeTrial, 'active', { ...free, amount: 100 }, { order: { status: 'auth_ok' } }),
      { kind: 'trial_start', inferredType: 'free_trial', amountMinor: 0 },
    ],
    [
      'a paid trial that settles later',
      snapshot(paidTrial, 'active', trial, { order: { status: 'auth_ok' } }),
      { kind: 'trial_start', inferredType: 'paid_trial', amountMinor: 100 },
    ],
    [
      'a trial in a later snapshot',
      snapshot(paidTrial, 'cancel', trial, late),
      { kind: 'trial_start', inferredType: 'paid_trial' },
    ],
    [
      'a trial without a term number',
      snapshot(paidTrial, 'active', trial, { invoice: { subscription_term_number: null } }),
      { kind: 'trial_start' },
    ],
    [
      'a conversion',
      snapshot(paidTrial, 'renew', converted),
      { kind: 'conversion', amountMinor: 1999, periodStartMs: trial.endMs, paidPeriod: 'first', occasion: undefined },
    ],
    [
      'a renewal',
      snapshot(life, 'renew', second),
      { kind: 'renewal', periodStartMs: second.startMs, periodEndMs: second.endMs, paidPeriod: 'later', occasion: undefined },
    ],
    [
      'a renewal of a trial product',
      snapshot(paidTrial, 'renew', { ...second, term: 2 }),
      { kind: 'renewal', paidPeriod: 'later' },
    ],
    [
      'a first full period that counts as 0',
      snapshot(paidTrial, 'renew', { ...converted, term: 0 }, late),
      { kind: 'renewal', paidPeriod: undefined },
    ],
    [
      'a later period without a term number',
      snapshot(life, 'renew', second, { invoice: { subscription_term_number: null } }),
      { kind: 'renewal', paidPeriod: undefined },
    ],
    [
      'a renewal authorised, and settled later',
      snapshot(life, 'renew', second, { order: { status: 'auth_ok' } }),
      { kind: 'renewal', amountMinor: 1999 },
    ],
    ['an alternative payment', snapshot({ ...life, gate: 'alt' }, 'renew', second), { kind: 'renewal' }],
    [
      'what was refunded since',
      snapshot(life, 'cancel', second, { order: { status: 'refunded' } }),
      { kind: 'renewal', amountMinor: 1999 },
    ],
    ['an order update', snapshot(life, 'order_update', second), { kind: 'renewal' }],
    ['a pause', snapshot(life, 'pause', second), { kind: 'renewal' }],
    ['a cancellation to come', snapshot(life, 'scheduled_for_cancellation', second), { kind: 'renewal' }],
    ['a callback of tomorrow', snapshot(life, 'gift', second), { kind: 'renewal' }],
    [
      'the period before a switch',
      snapshot(life, 'switch_product', second, { subscription: { updated_at: text(second.endMs) } }),
      { kind: 'renewal' },
    ],
    [
      'the invoice of a switch',
      snapshot(life, 'switch_product', second),
      { kind: 'other_charge', otherCharge: 'plan_change', occasion: 'change', paidPeriod: undefined },
    ],
    [
      'a period at no price',
      snapshot(life, 'renew', { ...second, amount: 0 }, { order: { status: 'void_ok' } }),
      { kind: 'renewal', amountMinor: 0 },
    ],
  ])('is %s', (_, body, fact) => {
    const [payment, ...more] = paymentsIn(body);
    expect({ occasion: undefined, paidPeriod: undefined, ...payment }).toMatchObject({ currency: 'USD', ...fact });
    expect(more).toEqual([]);
  });

  it.each<[string, Change, string?]>([
    ['is not paid yet', {}, 'processing'],
    ['failed', { order: { status: 'declined' } }, 'fail'],
    ['only has failed orders', { order: { status: 'auth_failed' } }],
    ['was only verified, in a full period', { order: { status: 'void_ok' } }],
    ['has no orders', { invoice: { orders: {} } }],
  ])('that %s is no payment', (_, change, status = 'success') => {
    const reading = read(snapshot(life, 'order_update', second, change, status));
    expect(reading).toMatchObject({ kind: 'ignored' });
  });

  const noOrders = { invoice: { orders: {} } };

  it.each<[string, Fields]>([
    ['its start', snapshot(freeTrial, 'active', free, noOrders)],
    ['a list of orders', snapshot(freeTrial, 'active', free, { invoice: { orders: [] } })],
    ['a snapshot after the trial', snapshot(freeTrial, 'cancel', free, { ...noOrders, ...late })],
  ])('of a free trial without an order is its start, under an id of its own: %s', (_, body) => {
    expect(paymentsIn(body)).toMatchObject([
      {
        kind: 'trial_start',
        moneyId: 'sub_1:trial',
        occurredAtMs: startMs,
        amountMinor: 0,
        currency: 'USD',
        inferredType: 'free_trial',
        occasion: 'start',
        trial: true,
        periodEndMs: trial.endMs,
      },
    ]);
  });

  it.each<[string, Fields]>([
    ['a paid trial', snapshot(paidTrial, 'active', trial, noOrders)],
    ['a free trial that is not confirmed', snapshot(freeTrial, 'active', free, noOrders, 'processing')],
    ['a free trial whose order failed', snapshot(freeTrial, 'active', free, { order: { status: 'auth_failed' } })],
    ['a full period that has a price', snapshot(life, 'active', first, noOrders)],
    ['a full period whose order failed', snapshot(life, 'active', { ...first, amount: 0 }, { order: { status: 'auth_failed' } })],
  ])('without a paid order is no payment: %s', (_, body) => {
    const reading = read(body);
    expect(reading.kind === 'facts' ? paymentsIn(body) : []).toEqual([]);
  });

  it.each<[string, Fields, object]>([
    ['a start', snapshot(life, 'active', { ...first, amount: 0 }, noOrders), { kind: 'conversion', occasion: 'start' }],
    [
      'a later period of a trial product',
      snapshot(freeTrial, 'renew', { ...converted, amount: 0 }, noOrders),
      { kind: 'conversion', paidPeriod: 'first', trial: false },
    ],
  ])('of a period that a discount paid is a payment of nothing, under its own id: %s', (_, body, fact) => {
    const { id } = Object.values(body.invoices as Record<string, { id: string }>)[0]!;
    expect(paymentsIn(body)).toMatchObject([{ moneyId: id, amountMinor: 0, ...fact }]);
  });

  it('is one payment, whichever callback brings it', () => {
    const brought = ['renew', 'order_update', 'pause', 'scheduled_for_cancellation', 'cancel', 'restore', 'resume'].map(
      (callback) => paymentsIn(snapshot(life, callback, second))[0],
    );
    expect(new Set(brought.map((fact) => JSON.stringify(fact))).size).toBe(1);
  });

  it('takes the order that was settled, not the one that failed before', () => {
    const orders = {
      a: { id: 'a', status: 'declined', created_at: text(startMs), amount: 1999 },
      b: { id: 'b', status: 'settle_ok', created_at: text(startMs), amount: 999 },
      c: { id: 'c', status: 'auth_ok', created_at: text(startMs), amount: 1999 },
    };
    expect(paymentsIn(snapshot(life, 'renew', second, { invoice: { orders } }))).toMatchObject([
      { moneyId: 'b', amountMinor: 999 },
    ]);
  });

  it('is read from lists as well as from maps, and without an id', () => {
    const body = snapshot(life, 'renew', second, { invoice: { id: undefined } });
    const [invoice] = Object.values(body.invoices as Record<string, Fields>);
    const listed = { ...body, invoices: [{ ...invoice, orders: Object.values(invoice?.orders as Fields) }] };
    expect(factsOf(read(listed))).toEqual(factsOf(read(body)));
    expect(factsOf(read(body))[0]?.paymentIds).toEqual([]);
    expect(read({ ...body, invoices: [] })).toMatchObject({ kind: 'ignored' });
  });

  it.each([
    ['JPY', 1480, 1480],
    ['KWD', 5120, 5120],
    ['usd', 1999, 1999],
  ])('in %s is in ISO minor units', (currency, amount, amountMinor) => {
    const body = snapshot(life, 'renew', { ...second, amount }, { product: { currency } });
    expect(paymentsIn(body)).toMatchObject([{ currency: currency.toUpperCase(), amountMinor }]);
  });

  it.each<[string, Fields, Record<string, PriceRole>, object]>([
    [
      'the price',
      snapshot(life, 'renew', second, { invoice: { product_price_id: 'price_1' } }),
      { price_1: 'ignore' },
      { role: 'ignore' },
    ],
    ['the product', snapshot(life, 'renew', second), { 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5': 'regular' }, { role: 'regular' }],
    [
      'the product of a trial, where regular says nothing',
      snapshot(paidTrial, 'active', trial),
      { 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5': 'regular' },
      { kind: 'trial_start', role: undefined },
    ],
  ])("asks the merchant's map for %s", (_, body, roles, fact) => {
    expect({ role: undefined, ...paymentsIn(body, roles)[0] }).toMatchObject(fact);
  });

  it('brings the metadata of its order, gaps filled by the customer', () => {
    const invoice = { order_metadata: { user_id: 'u1', ttclid: 'click', purchase_type: 'paid_trial' } };
    const [told] = factsOf(read(snapshot(life, 'renew', second, { invoice })));
    expect(told).toMatchObject({
      fact: { declaredType: 'paid_trial' },
      identity: { userId: 'u1', ttclid: 'click', customerId: 'acc_1', email: 'a@example.com' },
    });
  });
});

describe('a callback', () => {
  it.each<[string, Change, object]>([
    ['active', {}, { kind: 'began', occurredAtMs: startMs, trials: [] }],
    ['init', {}, { kind: 'began' }],
    ['switch_product', {}, { kind: 'price_changed' }],
    ['pause', {}, { kind: 'paused' }],
    ['resume', {}, { kind: 'resumed' }],
    ['restore', {}, { kind: 'resumed', occurredAtMs: startMs + 2000 }],
    ['cancel', {}, { kind: 'ended', occurredAtMs: first.endMs }],
    ['cancel', { subscription: { cancelled_at: null } }, { kind: 'ended', occurredAtMs: startMs + 2000 }],
    [
      'scheduled_for_cancellation',
      { subscription: { cancellation_requested_at: text(startMs + dayMs) } },
      { kind: 'cancellation_scheduled', occurredAtMs: startMs + dayMs, endsAtMs: first.endMs },
    ],
    ['redemption', { order: { status: 'declined' } }, { kind: 'payment_failed', moneyId: 'order-sub_1-0', amountMinor: 1999 }],
    ['scheduled_for_retry', { order: { status: 'auth_failed' } }, { kind: 'payment_failed', moneyId: 'order-sub_1-0' }],
    ['redemption', { invoice: { orders: [] } }, { kind: 'payment_failed', occurredAtMs: startMs + 2000 }],
    ['update', {}, { kind: 'updated' }],
    ['update', { subscription: { status: 'cancelled' } }, { kind: 'ended' }],
    ['update', { subscription: { status: 'redemption' } }, { kind: 'payment_failed' }],
    ['update', { subscription: { cancellation_requested_at: text(startMs) } }, { kind: 'cancellation_scheduled' }],
  ])('%s %j tells %j', (callback, change, fact) => {
    const [state] = factsOf(read(snapshot(life, callback, first, change)));
    expect(state).toMatchObject({ fact, subscription: 'sub_1' });
  });

  it('restore brings back what has ended, and what was only set to end', () => {
    const told = factsOf(read(snapshot(life, 'restore', first))).map(({ fact }) => fact);
    expect(told.map(({ kind }) => kind)).toEqual(['resumed', 'cancellation_undone', 'conversion']);
    expect(told[1]?.occurredAtMs).toBe(startMs + 2000);
  });

  it('expire means that the start failed', () => {
    const body = snapshot(
      life,
      'expire',
      first,
      { subscription: { status: 'expired' }, order: { status: 'auth_failed' } },
      'fail',
    );
    expect(factsOf(read(body)).map(({ fact }) => fact.kind)).toEqual(['payment_failed', 'ended']);
  });

  it('active carries the trial', () => {
    const [state] = factsOf(read(snapshot({ ...life, type: 'free_trial' }, 'active', { ...trial, amount: 0 })));
    expect(state?.fact).toMatchObject({ kind: 'began', trials: [{ kind: 'free', startsAtMs: startMs, endsAtMs: trial.endMs }] });
  });

  it.each(['create', 'payment_attempt', 'recurring', 'retry', 'pause_schedule.create', 'pause_schedule.delete', 'gift'])(
    '%s without a paid invoice says nothing, and why',
    (callback) => {
      expect(read(snapshot(life, callback, second, {}, 'processing'))).toEqual({
        kind: 'ignored',
        reason: expect.stringMatching(/./) as string,
      });
    },
  );
});

describe('an order', () => {
  const of = { index: 0, startMs, amount: 1999, status: 'settle_ok', subscription: null };
  const oneOff: SolidgateScenario = {
    ...life,
    type: 'lifetime',
    subscriptionId: 'order_1',
    metadata: { user_id: 'u1', page_url: 'https://a.example' },
  };
  const chargedMs = startMs + 1000;

  it.each<[string, SolidgateScenario, string]>([
    ['a card', oneOff, 'settle_ok'],
    ['an alternative method', { ...oneOff, gate: 'alt' }, 'settle_ok'],
  ])('by %s without a subscription is a one-off', (_, buyer, status) => {
    const [told, ...more] = factsOf(read(solidgateOrder(buyer, { ...of, status })));
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      fact: {
        kind: 'one_off',
        moneyId: 'order_1',
        occurredAtMs: chargedMs,
        amountMinor: 1999,
        currency: 'USD',
        inferredType: 'lifetime',
      },
      subscription: 'order_1',
      identity: { userId: 'u1', customerId: 'acc_1', email: 'a@example.com', ip: '203.0.113.7', pageUrl: 'https://a.example' },
    });
  });

  it('knows the browser and the IP of the buyer', () => {
    expect(factsOf(read(solidgateOrder(oneOff, of)))[0]?.identity).toMatchObject({
      ip: '203.0.113.7',
      userAgent: 'Mozilla/5.0 (iPhone)',
    });
  });

  it.each(['processing', '3ds_verify', 'auth_ok', 'auth_failed', 'void_ok', 'declined', 'created', 'settle_pending', 'tomorrow'])(
    'that is %s is no payment',
    (status) => {
      const body = solidgateOrder(oneOff, { ...of, status });
      expect(read(body)).toMatchObject({ kind: 'ignored', reason: expect.stringMatching(/./) as string });
    },
  );

  it('that was settled in part counts what was settled', () => {
    const body = solidgateOrder(oneOff, { ...of, status: 'partial_settled' });
    const transactions = [
      { id: 'a', operation: 'auth', status: 'success', amount: 1999, created_at: text(startMs) },
      { id: 'b', operation: 'settle', status: 'success', amount: 500, created_at: text(startMs) },
      { id: 'c', operation: 'settle', status: 'fail', amount: 500, created_at: text(startMs) },
      { id: 'd', operation: 'settle', status: 'success', amount: 300, created_at: text(startMs + 5000) },
    ];
    expect(factsOf(read({ ...body, transaction: undefined, transactions }))[0]?.fact).toMatchObject({
      amountMinor: 800,
      occurredAtMs: startMs,
    });
  });

  it.each(['auth_ok', 'settle_ok', 'void_ok'])('of a subscription, %s, carries the buyer and no money', (status) => {
    const [told, ...more] = factsOf(read(solidgateOrder(life, { ...of, status, subscription: 'sub_1' })));
    expect(more).toEqual([]);
    expect(told).toMatchObject({
      fact: { kind: 'updated', occurredAtMs: chargedMs },
      subscription: 'sub_1',
      identity: { customerId: 'acc_1', ip: '203.0.113.7', userAgent: 'Mozilla/5.0 (iPhone)' },
    });
  });

  it.each(['auth_failed', 'processing'])('of a subscription, %s, states no fact', (status) => {
    expect(read(solidgateOrder(life, { ...of, status, subscription: 'sub_1' }))).toMatchObject({ kind: 'ignored' });
  });

  const refunds = [
    { id: 're_1', amount: 500, atMs: startMs + dayMs },
    { id: 're_2', amount: 1499, atMs: startMs + 2 * dayMs },
  ];

  it.each<[string, SolidgateScenario, string | null, string]>([
    ['a one-off', oneOff, null, 'order_1'],
    ['an alternative payment', { ...oneOff, gate: 'alt' }, null, 'order_1'],
    ['a subscription', life, 'sub_1', 'sub_1'],
  ])('of %s counts each refund once, under its own id', (_, buyer, subscription, order) => {
    const told = factsOf(read(solidgateOrder(buyer, { ...of, subscription, refunds }))).filter(
      ({ fact }) => fact.kind === 'refund',
    );
    expect(told).toMatchObject([
      { fact: { refundId: 're_1', amountMinor: 500, occurredAtMs: refunds[0]?.atMs, cause: 'refund' }, subscription: order },
      { fact: { refundId: 're_2', amountMinor: 1499 }, subscription: order },
    ]);
  });

  it('that is refunded without a transaction of it went back as a whole', () => {
    const body = solidgateOrder(life, { ...of, status: 'refunded', subscription: 'sub_1' });
    const told = factsOf(read({ ...body, order: { ...(body.order as Fields), refunded_amount: undefined } }));
    expect(told.map(({ fact }) => fact)).toMatchObject([
      { kind: 'refund', refundId: 'order-sub_1-0:refunded' },
      { kind: 'updated' },
    ]);
    expect(told[0]?.fact).not.toHaveProperty('amountMinor');
  });
});

describe('money taken back', () => {
  const chargeback = (change: Fields, flow: Fields[] = []): Fields => ({
    order: { order_id: 'o1', amount: 100, currency: 'USD', status: 'settle_ok' },
    chargeback: {
      id: 7,
      dispute_date: '2026-11-01 00:00:00',
      amount: 90,
      currency: 'USD',
      type: '1st_chb',
      status: 'in_progress',
      ...change,
    },
    chargeback_flow: flow,
  });
  const dispute = (change: Fields): Fields => ({
    dispute_id: 'PP-D-1',
    order_id: 'o1',
    subscription_service_id: 'sub_1',
    dispute_create_time: '2026-11-02 23:39:06',
    // One digit, as in Solidgate's own example.
    dispute_update_time: '2026-11-08 1:40:44',
    dispute_amount: 100,
    dispute_currency: 'USD',
    dispute_life_cycle_stage: 'CHARGEBACK',
    dispute_outcome: 'RESOLVED_WITH_PAYOUT',
    status: 'WAITING_FOR_SELLER_RESPONSE',
    ...change,
  });

  it.each<[string, Fields, object]>([
    [
      'a chargeback',
      chargeback({}),
      { refundId: '7:1st_chb', moneyId: 'o1', amountMinor: 90, cause: 'dispute', occurredAtMs: Date.UTC(2026, 10, 1) },
    ],
    ['one accepted', chargeback({ status: 'accepted' }), { cause: 'dispute' }],
    ['one lost', chargeback({ status: 'resolved' }), { cause: 'dispute' }],
    [
      'one won',
      chargeback({ status: 'reversed' }, [{ updated_date: '2026-12-01 00:00:00' }]),
      { refundId: '7:1st_chb', cause: 'dispute_won', occurredAtMs: Date.UTC(2026, 11, 1) },
    ],
    ['its second round', chargeback({ type: '2nd_chb' }), { refundId: '7:2nd_chb', cause: 'dispute' }],
    [
      'a dispute at PayPal',
      dispute({}),
      { refundId: 'PP-D-1', moneyId: 'o1', amountMinor: 100, cause: 'dispute', occurredAtMs: Date.UTC(2026, 10, 2, 23, 39, 6) },
    ],
    [
      'one that PayPal paid',
      dispute({ status: 'RESOLVED' }),
      { cause: 'dispute_won', occurredAtMs: Date.UTC(2026, 10, 8, 1, 40, 44) },
    ],
    ['one for the buyer', dispute({ status: 'RESOLVED', dispute_outcome: 'RESOLVED_BUYER_FAVOUR' }), { cause: 'dispute' }],
  ])('by %s', (_, body, fact) => {
    const [told] = factsOf(read(body));
    expect(told).toMatchObject({ fact: { kind: 'refund', ...fact }, subscription: 'dispute_id' in body ? 'sub_1' : null });
  });

  it('is not what an inquiry does', () => {
    expect(read(dispute({ dispute_life_cycle_stage: 'INQUIRY' }))).toMatchObject({ kind: 'ignored' });
  });
});

describe('the type of an event', () => {
  const renew = snapshot(life, 'renew', second);
  const header = (type: string) => ({ 'solidgate-event-type': type });

  it.each([
    ['subscription.updated.v2', renew, 'facts'],
    ['subscription.updated', renew, 'facts'],
    ['card_gate.order.updated', renew, 'unreadable'],
    [
      'subscription.updated.v2',
      solidgateOrder(life, { index: 0, startMs, amount: 1, status: 'settle_ok', subscription: null }),
      'unreadable',
    ],
    ['card_gate.order.updated', {}, 'unreadable'],
    ['subscription.updated.v3', renew, 'ignored'],
    ['taxer.tax.calculated', { order_id: 'o1', tax: {} }, 'ignored'],
    ['card_gate.prevention_alert.received', { order: { id: 'o1' }, alert: {} }, 'ignored'],
    ['card_gate.fraud_alert.received', { id: 1, order_id: 'o1' }, 'ignored'],
  ])('%s has to fit the body, since nobody signed it', (type, body, kind) => {
    expect(read(body, {}, header(type)).kind).toBe(kind);
  });

  it('names events for logs', () => {
    expect(solidgate.typeOf(renew, header('subscription.updated.v2'))).toBe('subscription.updated.v2 renew');
    expect(solidgate.typeOf(renew)).toBe('subscription renew');
    expect(solidgate.typeOf(renew, header('card_gate.order.updated'))).toBe('subscription renew');
    expect(solidgate.typeOf({}, header('taxer.tax.calculated'))).toBe('taxer.tax.calculated');
    expect(solidgate.typeOf({ callback_type: 'x'.repeat(100) }, header('a\nb'))).toBe('subscription');
    expect(solidgate.typeOf(null)).toBe('unknown');
  });

  it('does not say whether it is a test', () => {
    expect(solidgate.isTestMode(renew)).toBeNull();
  });
});

describe('what does not fit', () => {
  const one = { index: 0, startMs, amount: 1999, status: 'settle_ok', subscription: null };

  it.each<[string, unknown, RegExp]>([
    ['null', null, /^neither/],
    ['a list', [], /^neither/],
    ['nothing', {}, /^neither/],
    ['a snapshot of nothing', { callback_type: 'renew' }, /^subscription: expected object; product/],
    ['a subscription without id', snapshot(life, 'renew', second, { subscription: { id: null } }), /^subscription\.id/],
    [
      'an amount that is a text',
      snapshot(life, 'renew', second, { order: { amount: '1999' } }),
      /^invoices\.invoice-sub_1-1\.orders\.order-sub_1-1\.amount: expected number/,
    ],
    ['a fraction', snapshot(life, 'renew', second, { order: { amount: 19.99 } }), /amount: expected int/],
    ['a negative amount', snapshot(life, 'renew', second, { order: { amount: -1 } }), /amount: too small/],
    ['no amount', snapshot(life, 'renew', second, { order: { amount: null } }), /^invoices\.orders\.amount/],
    ['no currency', snapshot(life, 'renew', second, { product: { currency: null } }), /^product\.currency/],
    [
      'an unknown currency',
      snapshot(life, 'renew', second, { product: { currency: 'XXX' } }),
      /^product\.currency: expected an ISO/,
    ],
    [
      'no date at all',
      snapshot(life, 'renew', second, {
        invoice: { created_at: 'soon' },
        order: { created_at: '', processed_at: '2026-02-31 00:00:00' },
      }),
      /^invoices\.orders\.created_at/,
    ],
    [
      'a state without a date',
      snapshot(life, 'pause', second, { subscription: { updated_at: 'now' } }),
      /^subscription\.updated_at/,
    ],
    ['an order without id', { order: { status: 'settle_ok' } }, /^order\.order_id/],
    ['a one-off without currency', { order: { order_id: 'o', status: 'settle_ok', amount: 1 } }, /^order\.currency/],
    ['a chargeback without id', { order: { order_id: 'o1' }, chargeback: {} }, /^chargeback\.id/],
    ['a dispute without order', { dispute_id: 'd' }, /^order_id/],
  ])('is unreadable, by its path: %s', (_, body, reason) => {
    expect(read(body)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it('never contains a value of the body', () => {
    const reading = read(snapshot(life, 'renew', second, { order: { amount: 'secret' }, product: { currency: 'secret' } }));
    expect(JSON.stringify(reading)).not.toContain('secret');
  });

  it('leaves out junk where only a text is expected', () => {
    const body = snapshot(life, 'renew', second);
    const reading = read({ ...body, customer: 'nobody' });
    expect(factsOf(reading)[0]?.identity).toEqual({});
  });

  it('never throws, for any JSON', () => {
    const bodies = [snapshot(life, 'active', first), solidgateOrder(life, one)];
    const headers = fc.option(
      fc.record({ 'solidgate-event-type': fc.oneof(fc.string(), fc.constant('subscription.updated.v2')) }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.anything(), headers, (body, given) => {
        expect(['facts', 'ignored', 'unreadable']).toContain(solidgate.read(body, { roleOf: () => undefined }, given).kind);
        expect(typeof solidgate.typeOf(body, given)).toBe('string');
      }),
    );
    // Known bodies with anything in any of their parts.
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.anything(), fc.nat(), (body, junk, seed) => {
        expect(['facts', 'ignored', 'unreadable']).toContain(
          solidgate.read(withJunk(body, junk, seed), { roleOf: () => undefined }).kind,
        );
      }),
      { numRuns: runs(500) },
    );
  });
});

/** Walks down to some part and puts something else there. */
function withJunk(value: unknown, junk: unknown, seed: number): unknown {
  if (typeof value !== 'object' || value === null || seed % 5 === 0) return junk;
  const entries = Object.entries(value);
  const at = seed % Math.max(entries.length, 1);
  return Object.fromEntries(
    entries.map(([key, part], index) => [key, index === at ? withJunk(part, junk, Math.floor(seed / 3)) : part]),
  );
}
