import fc from 'fast-check';
import type { PriceRole } from '../../../src/domain/fact';
import type { Reading, ReadFact } from '../../../src/psp/adapter';
import { funnelfox } from '../../../src/psp/funnelfox';
import { funnelfoxOrder, funnelfoxRefund, funnelfoxSubscription } from '../../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenario } from '../../../sandbox/funnelfox/webhooks';
import { runs } from '../../support/effort';
import { withoutBought } from '../../support/without-bought';

type Fields = Record<string, unknown>;

const startMs = Date.UTC(2026, 10, 1, 12);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const life: FunnelfoxScenario = {
  type: 'subscription',
  customerId: 'ext_1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
};
const paidTrial: FunnelfoxScenario = { ...life, type: 'paid_trial' };
const freeTrial: FunnelfoxScenario = { ...life, type: 'free_trial' };
const atMs = startMs + 1000;
const paid = { index: 0, atMs, amount: 1999 };
const trial = { startMs, endMs: startMs + 7 * dayMs, iteration: 1, atMs };
const first = { startMs, endMs: startMs + 30 * dayMs, iteration: 1, atMs };
const converted = { startMs: trial.endMs, endMs: trial.endMs + 30 * dayMs, iteration: 2, atMs: trial.endMs - 2 * hourMs };

function read(body: unknown, roles: Record<string, PriceRole> = {}): Reading {
  return funnelfox.read(JSON.parse(JSON.stringify(body)), { roleOf: (price) => roles[price] });
}

function factsOf(reading: Reading): readonly ReadFact[] {
  if (reading.kind !== 'facts') throw new Error(`expected facts: ${JSON.stringify(reading)}`);
  return reading.facts;
}

const order = (change: Fields = {}, of: FunnelfoxScenario = life, top: Fields = {}): Fields => {
  const body = funnelfoxOrder(of, 'settled', paid);
  return { ...body, ...top, order: { ...(body.order as Fields), ...change } };
};
const subscription = (subtype: string, of: FunnelfoxScenario, period: typeof first, change: Fields = {}): Fields => {
  const body = funnelfoxSubscription(of, subtype, period);
  return { ...body, subscription: { ...(body.subscription as Fields), ...change } };
};

describe('a settled order', () => {
  it('of a subscription waits for the event that tells what it was for', () => {
    expect(factsOf(read(order()))).toEqual([
      {
        fact: {
          kind: 'renewal',
          moneyId: 'order-sub_1-0',
          occurredAtMs: atMs,
          amountMinor: 1999,
          currency: 'USD',
          awaits: ['trial'],
        },
        subscription: 'sub_1',
        identity: { userId: 'ext_1', customerId: 'ext_1', email: 'a@example.com' },
        paymentIds: [],
      },
    ]);
  });

  it.each<[string, Fields, Record<string, PriceRole>, object]>([
    ['without a subscription is a one-off', order({ subs_id: null }), {}, { kind: 'one_off', inferredType: 'lifetime' }],
    ['of a one-off', order({ subs_id: null, oneoff_id: 'one_1' }), {}, { kind: 'one_off' }],
    [
      'waits, also at a price point without a trial: its subscription may have begun with one',
      order({ price_point: { intro_type: 'no_intro' } }),
      {},
      { kind: 'renewal', awaits: ['trial'] },
    ],
    [
      'waits, also with a declared type: the type does not tell the phase',
      order({ initial_order_metadata: { purchase_type: 'subscription' } }),
      {},
      { kind: 'renewal', declaredType: 'subscription', awaits: ['trial'] },
    ],
    ['of a one-off waits for nothing', order({ subs_id: null, oneoff_id: 'one_1' }), {}, { awaits: undefined }],
    [
      'asks the merchant for the role of its price point',
      order({ price_point: { ident: 'month', next_price: '29.99' } }),
      { month: 'regular' },
      { role: 'regular', regularMinor: 2999 },
    ],
    [
      'names its currency as an object',
      order({ currency_code: null, currency: { code: 'eur', minor_units: 2 } }),
      {},
      { currency: 'EUR' },
    ],
    ['has an amount without cents', order({ amount: '1' }), {}, { amountMinor: 100 }],
    ['has an amount with zeros', order({ amount: '9.9900' }), {}, { amountMinor: 999 }],
    ['has an amount that is a number', order({ amount: 14.9 }), {}, { amountMinor: 1490 }],
    ['is in yen', order({ amount: '1480', currency_code: 'JPY' }), {}, { amountMinor: 1480, currency: 'JPY' }],
    ['is in dinars', order({ amount: '5.120', currency_code: 'KWD' }), {}, { amountMinor: 5120 }],
    ['declares its type', order({ initial_order_metadata: { purchase_type: 'paid_trial' } }), {}, { declaredType: 'paid_trial' }],
    [
      'is told with a time of its own',
      order({}, life, { event_timestamp: '2026-11-01T12:00:05Z' }),
      {},
      { occurredAtMs: startMs + 5000 },
    ],
    ['is told without a time, and has its own', order({}, life, { event_timestamp: null }), {}, { occurredAtMs: startMs }],
    ['is spelt in capitals', { ...order(), event_type: 'ORDER', subtype: 'SETTLED' }, {}, { kind: 'renewal' }],
  ])('%s', (_, body, roles, fact) => {
    const [told] = factsOf(read(body, roles));
    expect({ awaits: undefined, ...told?.fact }).toMatchObject(fact);
  });

  it('of a one-off is its own order, known by the id of the one-off, too', () => {
    const [told] = factsOf(read(order({ subs_id: null, oneoff_id: 'one_1' })));
    expect(told).toMatchObject({ subscription: 'order-sub_1-0', paymentIds: ['one_1'] });
  });

  it('of amount 0 has its own record: it may be a free trial or a period that a discount paid', () => {
    expect(factsOf(read(order({ amount: '0.00' })))).toMatchObject([
      {
        fact: { kind: 'renewal', moneyId: 'order-sub_1-0', amountMinor: 0, awaits: ['trial'] },
        subscription: 'sub_1',
        paymentIds: [],
      },
    ]);
  });

  it('brings the metadata of the checkout and of the order', () => {
    const body = order({ initial_order_metadata: { user_id: 'u1' }, metadata: { user_id: 'u2', checkout_id: 'c1' } });
    expect(factsOf(read(body))[0]?.identity).toEqual({
      userId: 'u1',
      checkoutId: 'c1',
      customerId: 'ext_1',
      email: 'a@example.com',
    });
  });
});

describe('a declined order', () => {
  it('of a subscription is a failed payment', () => {
    const [told] = factsOf(read(funnelfoxOrder(life, 'declined', paid)));
    expect(told).toMatchObject({
      fact: { kind: 'payment_failed', moneyId: 'order-sub_1-0', amountMinor: 1999, currency: 'USD', occurredAtMs: atMs },
      subscription: 'sub_1',
    });
  });

  it('without a subscription is an attempt at a checkout', () => {
    expect(read(funnelfoxOrder({ ...life, type: 'lifetime' }, 'declined', paid))).toMatchObject({ kind: 'ignored' });
  });
});

it('names its buyer in the next place where the first has a placeholder', () => {
  const [told] = factsOf(read(order({}, life, { external_id: 'anonymous', user: { external_id: 'u7' } })));
  expect(told?.identity).toMatchObject({ customerId: 'u7' });
});

describe('a subscription', () => {
  const kinds = (body: unknown): readonly string[] => factsOf(read(body)).map(({ fact }) => fact.kind);
  const fact = (body: unknown): object => factsOf(read(body)).at(-1)?.fact as object;

  it('with a paid trial began with it; the trial is over when the next charge may come', () => {
    expect(withoutBought(factsOf(read(subscription('starting_trial', paidTrial, trial))).map((told) => told.fact))).toEqual([
      {
        kind: 'began',
        tells: ['buyer'],
        occurredAtMs: startMs,
        trials: [{ kind: 'paid', startsAtMs: startMs, endsAtMs: trial.endMs - 2 * hourMs }],
        regularPrice: { amountMinor: 1999, currency: 'USD' },
      },
    ]);
  });

  it('with a free trial is a purchase, the one without money', () => {
    const [start, began] = factsOf(read(subscription('starting_trial', freeTrial, trial)));
    expect(start).toMatchObject({
      fact: {
        kind: 'trial_start',
        moneyId: 'sub_1:trial',
        amountMinor: 0,
        currency: 'USD',
        regularMinor: 1999,
        inferredType: 'free_trial',
        occasion: 'start',
        trial: true,
        periodStartMs: startMs,
        periodEndMs: trial.endMs,
      },
      subscription: 'sub_1',
    });
    expect(start?.fact).not.toHaveProperty('awaits');
    expect(began?.fact).toMatchObject({ kind: 'began', trials: [{ kind: 'free' }] });
  });

  it.each(['convertion', 'conversion', 'CONVERSION', 'Convertion'])('that is converted (%s) had a trial', (subtype) => {
    const told = factsOf(read(subscription(subtype, paidTrial, converted)));
    expect(withoutBought(told.map((one) => one.fact))).toEqual([
      { kind: 'began', occurredAtMs: startMs, tells: ['buyer'] },
      // Said at the conversion: so it outranks what was said when the trial began.
      {
        kind: 'updated',
        tells: ['buyer'],
        occurredAtMs: expect.any(Number) as number,
        trials: [{ kind: 'paid', startsAtMs: startMs, endsAtMs: trial.endMs - 2 * hourMs }],
      },
    ]);
    expect(told[1]?.fact.occurredAtMs).toBeGreaterThan(startMs);
  });

  it('with a kind of trial in other letters has it all the same', () => {
    const spelt = { price_point: { intro_type: 'FREE-TRIAL' } };
    expect(kinds(subscription('starting_trial', freeTrial, trial, spelt))).toEqual(['trial_start', 'began']);
  });

  it.each(['convertion', 'renewing', 'unknown'])('in its first period (%s) began without a trial', (subtype) => {
    expect(withoutBought(fact(subscription(subtype, life, first)))).toEqual({
      kind: 'began',
      occurredAtMs: startMs,
      trials: [],
      tells: ['buyer'],
    });
  });

  it.each<[string, object]>([
    ['unsubscription', { kind: 'cancellation_scheduled', occurredAtMs: atMs, endsAtMs: first.endMs }],
    ['recovering_autorenew', { kind: 'cancellation_undone' }],
    ['expiration', { kind: 'ended', occurredAtMs: atMs }],
    ['pausing', { kind: 'paused' }],
    ['resuming', { kind: 'resumed' }],
    ['start_grace', { kind: 'payment_failed' }],
    ['start_retry', { kind: 'payment_failed' }],
  ])('tells %s', (subtype, state) => {
    expect(kinds(subscription(subtype, life, first))).toHaveLength(1);
    expect(fact(subscription(subtype, life, first))).toMatchObject(state);
  });

  it.each(['defering', 'deferring', 'finish_grace', 'recovering', 'planning_postponed_subscription', 'gift'])(
    'says nothing by %s, and why',
    (subtype) => {
      expect(read(subscription(subtype, life, first))).toEqual({ kind: 'ignored', reason: expect.stringMatching(/./) as string });
    },
  );

  it('that renews is told by its order', () => {
    const second = { ...first, startMs: first.endMs, endMs: first.endMs + 30 * dayMs, iteration: 2 };
    expect(read(subscription('renewing', life, second))).toEqual({ kind: 'ignored', reason: 'the order carries the payment' });
  });

  it('is read with holes: no dates, no price point', () => {
    const holes = {
      started_at: '',
      current_period_starts_at: null,
      current_period_ends_at: 'soon',
      next_check_at: 5,
      price_point: null,
    };
    expect(fact(subscription('starting_trial', paidTrial, trial, holes))).toEqual({
      kind: 'began',
      tells: ['buyer'],
      occurredAtMs: atMs,
      trials: [{ startsAtMs: atMs }],
    });
  });
});

describe('money that goes back', () => {
  const refund = (change: Fields = {}): Fields => ({ ...funnelfoxRefund(life, { index: 0, atMs, amount: 500 }), ...change });

  it.each<[string, Fields, object]>([
    [
      'a part',
      refund(),
      { moneyId: 'order-sub_1-0', refundId: `trx-order-sub_1-0-${atMs}`, amountMinor: 500, occurredAtMs: atMs },
    ],
    ['in yen', refund({ amount_refunded: '1480', currency_code: 'JPY' }), { amountMinor: 1480 }],
    ['without a currency, as in older events', refund({ currency_code: undefined }), { amountMinor: 500 }],
    ['with a sign', refund({ amount_refunded: '-5.00' }), { amountMinor: 500 }],
    ['without an id of its own', refund({ trx_id: null, event_id: 'evt_9' }), { refundId: 'evt_9' }],
  ])('by a refund: %s', (_, body, fact) => {
    const [told] = factsOf(read(body));
    expect(told).toMatchObject({ fact: { kind: 'refund', cause: 'refund', ...fact }, subscription: null });
  });

  it('by a refund without an amount: all of it', () => {
    expect(factsOf(read(refund({ amount_refunded: null })))[0]?.fact).not.toHaveProperty('amountMinor');
  });

  it('by a dispute: all of the order', () => {
    const body = {
      event_type: 'dispute',
      subtype: 'opened',
      event_timestamp: '2026-11-05T10:00:00.000000',
      dispute_id: 'd_1',
      order_id: 'o_1',
    };
    expect(factsOf(read({ ...body, order: { subs_id: 'sub_1' } }))).toEqual([
      {
        fact: { kind: 'refund', moneyId: 'o_1', occurredAtMs: Date.UTC(2026, 10, 5, 10), refundId: 'd_1', cause: 'dispute' },
        subscription: 'sub_1',
        identity: {},
        paymentIds: [],
      },
    ]);
  });

  it('is none where a refund failed', () => {
    expect(read(refund({ subtype: 'declined' }))).toMatchObject({ kind: 'ignored' });
  });
});

describe('other events', () => {
  it.each(['oneoff', 'one-off', 'ONE_OFF'])('of a %s teach its id', (type) => {
    const body = { event_type: type, subtype: 'granted', oneoff: { oneoff_id: 'one_1', order_id: 'o_1' } };
    expect(read(body)).toMatchObject({ kind: 'ignored', links: [{ id: 'one_1', moneyId: 'o_1' }] });
    expect(read({ ...body, oneoff: null })).not.toHaveProperty('links');
  });

  it.each(['user', 'consumable', 'tomorrow'])('are not needed: %s', (type) => {
    expect(read({ event_type: type, subtype: 'x' })).toMatchObject({ kind: 'ignored' });
  });

  it('are named for logs', () => {
    expect(funnelfox.typeOf({ event_type: 'ORDER', subtype: 'Settled' })).toBe('order settled');
    expect(funnelfox.typeOf({ event_type: 'user' })).toBe('user');
    expect(funnelfox.typeOf({ event_type: 'a\nb' })).toBe('unknown');
    expect(funnelfox.typeOf(null)).toBe('unknown');
  });

  it('show whether they are tests', () => {
    expect([{ is_livemode: true }, { is_livemode: false }, {}, null].map((body) => funnelfox.isTestMode(body))).toEqual([
      false,
      true,
      null,
      null,
    ]);
  });

  it('have no API that would help', () => {
    expect(funnelfox.api).toBeUndefined();
  });
});

describe('what does not fit', () => {
  it.each<[string, unknown, RegExp]>([
    ['null', null, /expected object/],
    ['nothing', {}, /^event_type: expected string/],
    ['an order event without an order', { event_type: 'order', subtype: 'settled' }, /^order: expected object/],
    ['an order without id', order({ order_id: '' }), /^order\.order_id/],
    ['no amount', order({ amount: null }), /^order\.amount/],
    ['no decimal', order({ amount: '1,99' }), /^order\.amount/],
    ['more digits than the currency has', order({ amount: '1.999' }), /^order\.amount/],
    ['no currency', order({ currency_code: null }), /^order\.currency_code/],
    ['an unknown currency', order({ currency_code: 'XXX' }), /^order\.currency_code/],
    ['no time', order({ created_at: null }, life, { event_timestamp: 'now' }), /^event_timestamp/],
    ['a subscription without id', subscription('expiration', life, first, { subs_id: null }), /^subscription\.subs_id/],
    ['a refund without order', { event_type: 'refund', subtype: 'settled' }, /^order_id/],
    ['a refund that is no decimal', { ...funnelfoxRefund(life, paid), amount_refunded: 'all' }, /^amount_refunded/],
    ['a dispute without id', { event_type: 'dispute', subtype: 'opened', order_id: 'o' }, /^dispute_id/],
  ])('is unreadable, by its path: %s', (_, body, reason) => {
    expect(read(body)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it('never contains a value of the body', () => {
    expect(JSON.stringify(read(order({ amount: 'secret', currency_code: 'secret' })))).not.toContain('secret');
  });

  it('never throws, for any JSON', () => {
    const bodies = [order(), subscription('starting_trial', freeTrial, trial), funnelfoxRefund(life, paid)];
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(['facts', 'ignored', 'unreadable']).toContain(funnelfox.read(body, { roleOf: () => undefined }).kind);
        expect(typeof funnelfox.typeOf(body)).toBe('string');
        funnelfox.isTestMode(body);
      }),
    );
    // Known bodies with anything in any of their parts.
    fc.assert(
      fc.property(fc.constantFrom(...bodies), fc.anything(), fc.nat(), (body, junk, seed) => {
        expect(['facts', 'ignored', 'unreadable']).toContain(
          funnelfox.read(withJunk(body, junk, seed), { roleOf: () => undefined }).kind,
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
